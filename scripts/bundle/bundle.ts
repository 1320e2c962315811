import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type BuildOptions, build } from 'esbuild'
import { copyAssets } from './assets.ts'
import { keepAddresses } from './keep-addresses.ts'
import { leaveOut } from './leave-out.ts'
import { late, loadLate } from './load-late.ts'
import { requireHttp } from './require-http.ts'
import { roles, wrapper } from './script.ts'

const root = resolve(import.meta.dirname, '../..')

/** Packages in CommonJS need these names, which a module lacks. */
const commonJsNames = [
  "import { createRequire as $createRequire } from 'node:module'",
  'const require = $createRequire(import.meta.url)',
  'const { dirname: __dirname, filename: __filename } = import.meta',
].join(';')

/** Modules need this address, which a script lacks. */
const addressOfScript = "const $address = require('node:url').pathToFileURL(__filename).href;"

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node24',
  // jsonc-parser has a main file that finds its own modules by names that no bundler follows.
  mainFields: ['module', 'main'],
  // V8 keeps the source in memory, and two bytes per character when a comment has a single character beyond Latin-1.
  // So the bundle has no comments and no indents. The lines are short and the names are those of the sources, because
  // stack traces show both.
  minifyWhitespace: true,
  lineLimit: 120,
  legalComments: 'none',
  logLevel: 'warning',
} satisfies BuildOptions

/**
 * Writes all processes and the CLI to `folder`, which needs nothing but Node then: `goals-tasks.js`, a script per
 * process, the modules of the CLI, and the files that they read. Replaces what the folder contained.
 * @throws Error when the bundler warns, for example about a missing `tsconfig.json`, which it would ignore
 */
export async function bundle(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  const built = await Promise.all([buildProcesses(folder), buildProgram(folder)])
  const warnings = built.flatMap((result) => result.warnings.map(({ text }) => text))
  if (warnings.length > 0) throw new Error(`The bundler warns: ${[...new Set(warnings)].join(' ')}`)
  await copyAssets(folder)
}

/** A script, unlike a module, can be compiled with the functions that a start calls. */
const buildProcesses = (folder: string) =>
  build({
    ...common,
    entryPoints: Object.fromEntries(roles.map((role) => [role, join(root, `apps/${role}/src/main.ts`)])),
    outdir: folder,
    format: 'cjs',
    banner: { js: wrapper[0] + addressOfScript },
    footer: { js: wrapper[1] },
    define: { 'import.meta.url': '$address' },
    plugins: [keepAddresses(root), loadLate, leaveOut({ all: true })],
  })

const buildProgram = (folder: string) =>
  build({
    ...common,
    entryPoints: { 'goals-tasks': join(import.meta.dirname, 'program.ts'), ...late },
    outdir: folder,
    splitting: true,
    format: 'esm',
    banner: { js: commonJsNames },
    plugins: [keepAddresses(root), requireHttp, leaveOut({ all: false })],
  })
