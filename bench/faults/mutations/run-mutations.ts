import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { copySources, createSourceFolder, linkPackages } from '../sources.ts'
import { type Mutation, mutations } from './all.ts'

const timeoutMs = 600_000

/** Runs each mutation in a copy of the sources. @returns how many scenarios passed without their protection */
export async function runMutations({ seed, only }: { seed: number; only?: readonly string[] }): Promise<number> {
  let survived = 0
  for (const mutation of mutations) {
    if (only && !only.includes(mutation.scenario)) continue
    const { code, output } = await runMutated(mutation, seed)
    const isFound = code === 1 && output.includes('\nfailed')
    if (!isFound) survived++
    console.log(`${isFound ? 'found  ' : 'MISSED '} ${mutation.scenario}: without "${mutation.removes}"`)
    console.log(output.replaceAll(/^/gm, '        '))
  }
  return survived
}

async function runMutated(mutation: Mutation, seed: number): Promise<{ code: number; output: string }> {
  const { folder, remove } = createSourceFolder()
  try {
    copySources(folder)
    mutate(folder, mutation)
    linkPackages(folder)
    return await runIn(folder, ['--only', mutation.scenario, '--quick', '--seed', String(seed)])
  } finally {
    remove()
  }
}

/** @throws Error when the text does not occur exactly once: the protection has moved, and the mutation must follow */
function mutate(folder: string, { file, replace, by }: Mutation): void {
  const path = join(folder, file)
  const parts = readFileSync(path, 'utf8').split(replace)
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times, not once: ${replace}`)
  writeFileSync(path, parts.join(by))
}

function runIn(cwd: string, args: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['bench/faults/run.ts', ...args], { cwd, timeout: timeoutMs }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, output: `${stdout}${stderr}`.trimEnd() }),
    )
  })
}
