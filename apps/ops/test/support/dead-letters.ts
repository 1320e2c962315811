import { bearer } from './actors.ts'
import { test as base } from './ops.ts'

/** A test with requests to `/ops/dead-letters` and with the deliveries. It begins without dead letters. */
export const test = base
  .extend(
    'send',
    { scope: 'file' },
    ({ ops }) =>
      async (method: 'GET' | 'POST' | 'DELETE', path: string, payload?: object) =>
        ops.app.inject({
          method,
          url: `/ops/dead-letters${path}`,
          headers: await bearer(),
          ...(payload ? { payload } : {}),
        }),
  )
  .extend('deliveriesOf', { scope: 'file' }, ({ ops }) => async (consumer: string) => {
    const text = 'select event_id as id, attempts, replays from deliveries where consumer = $1'
    return (await ops.pool.query(text, [consumer])).rows
  })
  .extend('emptyTables', { auto: true }, async ({ ops }) => {
    await ops.pool.query('truncate deliveries, dead_letters')
  })
