import { createHash } from 'node:crypto'
import type { FastifyHelmetOptions } from '@fastify/helmet'

type Sources = Record<string, string[]>

/** Security headers of one kind of page: nothing may be loaded, sent or framed but what `sources` names. */
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

/** Allows exactly this inline script or style. */
export const hashSource = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
