import { createInterface } from 'node:readline'
import { ownProgram } from '../own-program.ts'
import { becomesReady } from '../readiness.ts'
import { repositoryRoot } from '../repository.ts'
import { runToEnd } from '../run-to-end.ts'
import { endProcess, exitOf, spawnTied } from '../tied-process.ts'
import type { Running } from './supervise.ts'

export type ProgramOptions = {
  path: string
  env: NodeJS.ProcessEnv
  /** Every line it writes, on either stream. */
  onLine: (line: string) => void
}

const STOP_DEADLINE_MS = 10_000

/** Runs one of our processes under this Node. It never outlives this one. */
export function launchProgram({ path, env, onLine }: ProgramOptions): Running {
  const child = spawnTied(...ownProgram(path), {
    deathSignal: 'KILL',
    cwd: repositoryRoot,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const input of [child.stdout, child.stderr]) if (input) createInterface({ input }).on('line', onLine)
  return {
    pid: child.pid ?? 0,
    exited: exitOf(child),
    stop: () => endProcess(child, { signal: 'SIGTERM', deadlineMs: STOP_DEADLINE_MS, lastSignal: 'SIGKILL' }),
  }
}

/** Waits until the probe at `url` answers 200. @throws when the process ends first */
export async function awaitReady(name: string, url: string, { exited }: Running): Promise<void> {
  const probe = async () => (await fetch(url).catch(() => undefined))?.status === 200
  if (!(await becomesReady(probe, exited))) throw new Error(`${name} did not become ready`)
}

/** Runs one of our commands to its end. @returns its standard output @throws with what it said on standard error */
export const runCommand = (path: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> =>
  runToEnd(...ownProgram(path, args), { cwd: repositoryRoot, env })
