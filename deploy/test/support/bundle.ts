import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { cleanUp } from '@goals-tasks/devstack/testing'
import { bundle } from '../../../scripts/bundle/bundle.ts'
import { compile } from '../../../scripts/bundle/compile.ts'
import { asUnprivileged } from './namespace.ts'

export const repository = resolve(import.meta.dirname, '../../..')

/** The file of the bundle that starts each process and each command. */
export const programFile = 'goals-tasks.js'

export type Bundle = {
  folder: string
  /** The path of the program. */
  program: string
  /** Returns every path in the folder. */
  list(): Promise<string[]>
}

/**
 * Builds and compiles the bundle into a folder that no user but root can write to. It is removed with the test or the
 * file.
 */
export async function buildBundle(): Promise<Bundle> {
  const folder = await mkdtemp(join(tmpdir(), 'goals-tasks-bundle-'))
  const run = promisify(execFile)
  cleanUp(async () => {
    await run('chmod', ['-R', 'u+w', folder])
    await rm(folder, { recursive: true, force: true })
  })
  await bundle(folder)
  await run('chmod', ['-R', 'a+rX', folder])
  await compile(folder, asUnprivileged)
  await run('chmod', ['-R', 'a-w', folder])
  return {
    folder,
    program: join(folder, programFile),
    list: async () => (await readdir(folder, { recursive: true })).sort(),
  }
}
