import { readFile } from 'node:fs/promises'
import { relative } from 'node:path'
import type { Plugin } from 'esbuild'

/**
 * Gives each module of the repository its old address below the folder of the bundle, so that it finds its files there:
 * `apps/cli/src/program.ts` still reads `../../../package.json`. The bundle and its chunks must lie in one folder.
 */
export const keepAddresses = (root: string): Plugin => ({
  name: 'keep-addresses',
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8')
      if (path.includes('/node_modules/') || !source.includes('import.meta.url')) return undefined
      const address = `new URL(${JSON.stringify(relative(root, path))}, import.meta.url)`
      return { contents: source.replaceAll('import.meta.url', address), loader: 'ts' }
    })
  },
})
