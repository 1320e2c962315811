import type { Plugin } from 'esbuild'

/**
 * Loads `node:http` by `require`. An import reads every export of the module, among them the getters of `WebSocket` and
 * its events, and these load the whole client of `fetch`: 30 ms and some megabytes in every process.
 */
export const requireHttp: Plugin = {
  name: 'require-http',
  setup(build) {
    build.onResolve({ filter: /^(?:node:)?http$/ }, ({ kind }) =>
      kind === 'import-statement' ? { path: 'http', namespace: 'required' } : undefined,
    )
    build.onLoad({ filter: /.*/, namespace: 'required' }, () => ({
      contents: 'module.exports = process.getBuiltinModule("node:http")',
      loader: 'js',
    }))
  },
}
