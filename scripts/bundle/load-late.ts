import { join } from 'node:path'
import type { Plugin } from 'esbuild'

const api = join(import.meta.dirname, '../../apps/api')

/** Modules of the bundle that a process imports at their first use, by name, and their files. */
export const late = { 'docs-page': join(api, 'node_modules/@scalar/fastify-api-reference') }

/** Leaves the page of the documentation out of the script of the API: it is larger than all the rest. */
export const loadLate: Plugin = {
  name: 'load-late',
  setup(build) {
    build.onResolve({ filter: /^@scalar\/fastify-api-reference$/ }, () => ({ path: './docs-page.js', external: true }))
  },
}
