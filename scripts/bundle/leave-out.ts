import type { Plugin } from 'esbuild'

/**
 * Packages whose code never runs, by the reason why it would be in the bundle. V8 keeps the source of a chunk in memory
 * whether it runs or not. Each is an empty object in the bundle.
 */
const unused = [
  // Fastify has them for apps that bring no compilers. Each of ours does: see `withoutCompilers`.
  ...['@fastify/ajv-compiler', '@fastify/fast-json-stringify-compiler'],
  // BullMQ has it for jobs that repeat. No queue has such jobs.
  'cron-parser',
]

export const leaveOut: Plugin = {
  name: 'leave-out',
  setup(build) {
    build.onResolve({ filter: new RegExp(`^(?:${unused.join('|')})$`) }, ({ path }) => ({
      path,
      namespace: 'left-out',
    }))
    build.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: 'module.exports = {}', loader: 'js' }))
  },
}
