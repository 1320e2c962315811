import type pg from 'pg'
import { createDeps, type Deps } from '../apps/api/src/deps.ts'
import type { Actor } from '../apps/api/src/resource/actor.ts'

/** A statement as the API sent it. */
export type Statement = { name: string; text: string; values: readonly unknown[] }

export const actor = (userId: string): Actor => ({
  id: userId,
  admin: false,
  scopes: new Set<string>(),
  correlationId: '0b8d9e36-5dc5-4d3c-9a55-7d4b6a7a9a10',
})

/** Runs `work` with the API's own services on `pool`. @returns the statements that they sent, in order */
export async function recordStatements(pool: pg.Pool, work: (deps: Deps) => Promise<unknown>): Promise<Statement[]> {
  const sent: Statement[] = []
  const recorder = new Proxy(pool, {
    get(target, property) {
      if (property !== 'query') return Reflect.get(target, property)
      return (statement: Statement) => {
        sent.push(statement)
        return target.query({ ...statement, values: [...statement.values] })
      }
    },
  })
  const cache = {
    readEntity: (_kind, _id, _reader, load) => load(),
    readList: (_query, load) => load(),
    invalidate: async () => true,
  } satisfies Parameters<typeof createDeps>[0]['cache']
  const [dispatcher, cacheDeliveries] = [{ dispatch: () => undefined }, { finish: () => undefined }]
  const feedHints = { push: () => undefined }
  await work(createDeps({ pool: recorder, cache, dispatcher, cacheDeliveries, feedHints, retentionDays: 30 }))
  return sent
}
