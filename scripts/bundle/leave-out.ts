import type { Plugin } from 'esbuild'

/** A module that would be in the bundle although its code never runs. `by` is the only package that loads it. */
type Unused = { name: string; by: string; instead?: string }

/**
 * V8 keeps the source of a chunk in memory whether it runs or not, and many modules make tables when they are loaded.
 * Each of these is an empty object in the bundle, or what `instead` says.
 */
const unused: readonly Unused[] = [
  // Fastify has them for apps that bring no compilers. Each of ours does: see `withoutCompilers`.
  { name: '@fastify/ajv-compiler', by: 'fastify' },
  { name: '@fastify/fast-json-stringify-compiler', by: 'fastify' },
  // The servers speak HTTP/1.1 behind an ingress that ends TLS.
  { name: 'node:http2', by: 'fastify' },
  { name: 'node:https', by: 'fastify' },
  // BullMQ has it for jobs that repeat. No queue has such jobs.
  { name: 'cron-parser', by: 'bullmq' },
  // The queues are in Redis.
  { name: './postgres', by: 'bullmq' },
  // It loads a binary, which the bundle does not have. msgpackr works without it.
  { name: 'msgpackr-extract', by: 'msgpackr', instead: 'null' },
  // The table of all file types is for names such as `html`. The service names whole media types.
  { name: 'mime-types', by: 'accepts' },
  // The document is JSON.
  { name: 'yaml', by: '@fastify/swagger' },
  // The routes of Bull Board's files have a wildcard, so no folder is searched.
  { name: 'glob', by: '@fastify/static' },
  // Prometheus reads the metrics. No process sends them.
  { name: './lib/pushgateway', by: '@prometheus-io/client' },
]

/**
 * With `all` it fails when a module of the list is no longer loaded: a newer version of its package may have another
 * name for it.
 */
export const leaveOut = ({ all }: { all: boolean }): Plugin => ({
  name: 'leave-out',
  setup(build) {
    const left = new Set(unused)
    for (const module of unused)
      build.onResolve({ filter: new RegExp(`^${module.name.replace('.', '\\.')}$`) }, ({ importer }) => {
        if (packageOf(importer) !== module.by) return undefined
        left.delete(module)
        return { path: module.name, namespace: 'left-out', pluginData: module.instead ?? '{}' }
      })
    build.onLoad({ filter: /.*/, namespace: 'left-out' }, ({ pluginData }) => ({
      contents: `module.exports = ${pluginData}`,
      loader: 'js',
    }))
    if (all) build.onEnd(() => ({ errors: [...left].map(({ name, by }) => ({ text: `${by} does not load ${name}` })) }))
  },
})

/** Returns the name of the package that a file belongs to. */
const packageOf = (path: string) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]
