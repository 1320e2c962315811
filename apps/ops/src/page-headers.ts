import { createHash } from 'node:crypto'
import type { FastifyHelmetOptions } from '@fastify/helmet'

type Sources = Record<string, string[]>

/** Returns the security headers of a page. The page may load, send and frame only what `sources` allows. */
export const pageHeaders = (sources: Sources): FastifyHelmetOptions => ({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
      ...sources,
    },
  },
})

/** Returns the source that allows exactly this inline script or style. */
export const hashSource = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
