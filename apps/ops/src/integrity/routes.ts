import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  type CacheSource,
  formatIntegrityCursor,
  integrityCursorPattern,
  parseIntegrityCursor,
  runIntegrity,
} from '@goals-tasks/operations'
import type pg from 'pg'
import Type from 'typebox'

const maxMs = 5_000
const Query = Type.Object(
  { cursor: Type.Optional(Type.String({ pattern: integrityCursorPattern, maxLength: 250 })) },
  { additionalProperties: false },
)

/** Checks a part of the installation, for about five seconds. The next request continues at `nextCursor`. */
export const integrityRoutes =
  ({ pool, cache }: { pool: pg.Pool; cache: CacheSource | null }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/ops/integrity', { schema: { querystring: Query } }, async ({ query: { cursor } }) => {
      const end = performance.now() + maxMs
      const isCacheAway = cache?.redis.status !== 'ready'
      const { next, ...report } = await runIntegrity(
        { pool, cache: isCacheAway ? null : cache },
        { ...(cursor !== undefined && { from: parseIntegrityCursor(cursor) }), isOver: () => performance.now() > end },
      )
      return { ...report, isCacheChecked: !isCacheAway, nextCursor: next && formatIntegrityCursor(next) }
    })
  }
