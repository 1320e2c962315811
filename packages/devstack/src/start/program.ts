import { createInterface } from 'node:readline'
import { endProcess, exitOf, spawnChild } from '../processes/child.ts'
import { nodeArguments, reportImports } from '../processes/node-arguments.ts'
import { repositoryRoot } from '../processes/repository.ts'
import { runToEnd } from '../processes/run-to-end.ts'
import { becomesReady } from '../servers/readiness.ts'
import type { Running } from './supervise.ts'

export type ProgramOptions = {
  path: string
  env: NodeJS.ProcessEnv
  /** Called for every line that it writes to standard output or standard error. */
  onLine: (line: string) => void
  /** Called for every source file that it imports, packages of node_modules excluded. */
  onImport?: ((file: string) => void) | undefined
}

const stopDeadlineMs = 10_000
const probeTimeoutMs = 2_000

/** Runs one of our programs under this Node. It never outlives this process. */
export function launchProgram({ path, env, onLine, onImport }: ProgramOptions): Running {
  const args = [...(onImport ? reportImports : []), ...nodeArguments(path)]
  const child = spawnChild(process.execPath, args, {
    deathSignal: 'KILL',
    cwd: repositoryRoot,
    env,
    stdio: ['ignore', 'pipe', 'pipe', ...(onImport ? (['ipc'] as const) : [])],
  })
  for (const input of [child.stdout, child.stderr]) if (input) createInterface({ input }).on('line', onLine)
  if (onImport) child.on('message', (file) => onImport(String(file)))
  return {
    pid: child.pid ?? 0,
    exited: exitOf(child),
    stop: () => endProcess(child, { signal: 'SIGTERM', deadlineMs: stopDeadlineMs, lastSignal: 'SIGKILL' }),
  }
}

/** Waits until the probe at `url` answers 200. @throws when the program ends first */
export async function awaitReady(name: string, url: string, { exited }: Running): Promise<void> {
  const probe = async () =>
    (await fetch(url, { signal: AbortSignal.timeout(probeTimeoutMs) }).catch(() => undefined))?.status === 200
  if (!(await becomesReady(probe, exited))) throw new Error(`${name} did not become ready.`)
}

/** Runs one of our commands to its end. @returns its standard output @throws with its standard error when it fails */
export const runCommand = (path: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> =>
  runToEnd(process.execPath, nodeArguments(path, args), { cwd: repositoryRoot, env })
