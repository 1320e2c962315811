import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { copyAssets } from './assets.ts'
import { keepAddresses } from './keep-addresses.ts'
import { leaveOut } from './leave-out.ts'
import { requireHttp } from './require-http.ts'

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
    // V8 keeps the source in memory, and two bytes per character when a comment has a single character beyond Latin-1.
    // So the bundle has no comments and no indents. The lines are short and the names are those of the sources, because
    // stack traces show both.
    minifyWhitespace: true,
    lineLimit: 120,
    legalComments: 'none',
    logLevel: 'warning',
    plugins: [keepAddresses(root), requireHttp, leaveOut],
  })
  await copyAssets(folder)
}
