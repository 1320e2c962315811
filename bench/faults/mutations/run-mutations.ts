import { execFile } from 'node:child_process'
import { copyEdited, createSourceFolder } from '../sources.ts'
import { type Mutation, mutations } from './all.ts'

const timeoutMs = 600_000

type Options = { seed: number; only?: readonly string[]; signal: AbortSignal }

/**
 * Runs each mutation in a copy of the sources, until `signal` aborts.
 * @returns how many scenarios passed without their protection
 */
export async function runMutations({ seed, only, signal }: Options): Promise<number> {
  let survived = 0
  for (const mutation of mutations) {
    if (only && !only.includes(mutation.scenario)) continue
    const { code, output } = await runMutated(mutation, { seed, signal })
    if (signal.aborted) return survived + 1
    const isFound = code === 1 && output.includes('\nfailed')
    if (!isFound) survived++
    console.log(`${isFound ? 'found  ' : 'MISSED '} ${mutation.scenario}: without "${mutation.removes}"`)
    console.log(output.replaceAll(/^/gm, '        '))
  }
  return survived
}

async function runMutated(mutation: Mutation, { seed, signal }: Omit<Options, 'only'>): Promise<Ended> {
  const { folder, remove } = await createSourceFolder()
  try {
    copyEdited(folder, mutation)
    return await runIn(folder, ['--only', mutation.scenario, '--quick', '--seed', String(seed)], signal)
  } finally {
    remove()
  }
}

type Ended = { code: number; output: string }

function runIn(cwd: string, args: readonly string[], signal: AbortSignal): Promise<Ended> {
  return new Promise((resolve) => {
    const command = ['bench/faults/run.ts', ...args]
    const child = execFile(process.execPath, command, { cwd, timeout: timeoutMs }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, output: `${stdout}${stderr}`.trimEnd() }),
    )
    // The child removes its own folders before it ends.
    signal.addEventListener('abort', () => child.kill())
  })
}
