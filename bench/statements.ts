import { createCommit, inTransaction } from '@goals-tasks/db'
import type pg from 'pg'
import type { Caller, Deps } from '../apps/api/src/deps.ts'

/** A statement as the API sent it. */
export type Statement = { name: string; text: string; values: readonly unknown[] }

export const caller = (userId: string): Caller => ({
  id: userId,
  admin: false,
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
  await work({
    db: recorder,
    cache: { readEntity: (_kind, _id, _reader, load) => load(), readList: (_scopes, _variant, load) => load() },
    commit: createCommit(recorder),
    transaction: (inside) => inTransaction(recorder, inside),
    publish: async () => undefined,
    confirm: async () => undefined,
    clock: Date.now,
    retentionDays: 30,
  })
  return sent
}
