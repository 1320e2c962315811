import { cp, mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { repositoryRoot } from '../../src/processes/repository.ts'

const copied = ['apps', 'packages', 'drizzle', 'package.json']

/**
 * Copies the sources into `folder`, so that a test can change them. The links between the packages are relative, so
 * they lead to the copies. The packages of npm are those of this repository.
 */
export async function copyRepository(folder: string): Promise<void> {
  await mkdir(folder)
  await symlink(join(repositoryRoot, 'node_modules'), join(folder, 'node_modules'))
  for (const name of copied)
    await cp(join(repositoryRoot, name), join(folder, name), { recursive: true, verbatimSymlinks: true })
}
