import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Creates a folder for the current test. */
export async function createFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cli-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

/** Writes the stack file of a running `start`. Returns the environment that names its folder. */
export async function writeStackFile(stack: object): Promise<{ DATA_DIR: string }> {
  const folder = await createFolder()
  await writeFile(join(folder, 'stack.json'), JSON.stringify(stack))
  return { DATA_DIR: folder }
}
