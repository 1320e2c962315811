import { resolve } from 'node:path'
import { repositoryRoot } from './repository.ts'

const preload = (file: string): string[] => ['--import', new URL(file, import.meta.url).href]

/** Returns the arguments with which Node runs a TypeScript file, given as a path from the repository's root. */
export const nodeArguments = (path: string, args: readonly string[] = []): string[] => [
  ...preload('./loader-hook.ts'),
  resolve(repositoryRoot, path),
  ...args,
]

/** The arguments that make a process send the path of every source file that it imports to its parent. */
export const reportImports = preload('./import-report.ts')
