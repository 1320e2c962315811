import type pg from 'pg'
import type { Waits } from './waits.ts'

type Callback = (...results: unknown[]) => void
type Connect = (callback?: Callback) => Promise<pg.PoolClient> | undefined

/** Records how long queries and transactions wait for a connection of a pool. */
export function watchConnects(pool: pg.Pool, waits: Waits): void {
  const connect = pool.connect.bind(pool) as Connect
  const watched: Connect = (callback) => {
    const wait = waits.begin()
    const end = () => waits.end(wait)
    if (callback)
      return connect((...results) => {
        end()
        callback(...results)
      })
    const client = connect()
    client?.then(end, end)
    return client
  }
  Object.assign(pool, { connect: watched })
}
