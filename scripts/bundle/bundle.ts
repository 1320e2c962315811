import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { copyAssets } from './assets.ts'
import { keepAddresses } from './keep-addresses.ts'

const root = resolve(import.meta.dirname, '../..')

/** Packages in CommonJS need these names, which a module lacks. */
const commonJsNames = [
  "import { createRequire as $createRequire } from 'node:module'",
  'const require = $createRequire(import.meta.url)',
  'const { dirname: __dirname, filename: __filename } = import.meta',
].join(';')

/**
 * Writes all processes and the CLI to `folder`, which needs nothing but Node then: `goals-tasks.js`, the code that its
 * processes share, and the files that they read. Replaces what the folder contained.
 */
export async function bundle(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  await build({
    absWorkingDir: root,
    entryPoints: { 'goals-tasks': join(import.meta.dirname, 'program.ts') },
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // jsonc-parser has a main file that finds its own modules by names that no bundler follows.
    mainFields: ['module', 'main'],
    banner: { js: commonJsNames },
    // The bodies of stack traces keep the names of the sources.
    minify: false,
    legalComments: 'none',
    logLevel: 'warning',
    plugins: [keepAddresses(root)],
  })
  await copyAssets(folder)
}
