import { resolve } from 'node:path'
import { repositoryRoot } from './repository.ts'

/** How to run one of our TypeScript files, named from the repository's root, as a process of its own. */
export const ownProgram = (path: string, args: readonly string[] = []): [command: string, args: string[]] => [
  process.execPath,
  ['--import', new URL('./quick-imports.ts', import.meta.url).href, resolve(repositoryRoot, path), ...args],
]
