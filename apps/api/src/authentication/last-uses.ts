import { type Executor, prepareStatement } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'

const store = prepareStatement<object>(
  'api_keys_last_uses',
  sql`update api_keys set last_used_at = greatest(last_used_at, to_timestamp(used.at / 1000))
      from unnest(${sql.placeholder('ids')}::uuid[], ${sql.placeholder('times')}::float8[]) used(id, at)
      where api_keys.id = used.id`,
)

const maxBuffered = 10_000

/**
 * Collects when API keys were last used, and stores it with one statement per `everyMs`. A process that dies loses the
 * uses since the last statement. Above ten thousand keys, further ones are not recorded until the next statement.
 * @param onError called when a statement fails
 */
export function createLastUses(db: Executor, everyMs: number, onError: (err: unknown) => void) {
  let lastUses = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined
  let running: Promise<unknown> = Promise.resolve()

  function flush(): Promise<unknown> {
    timer = undefined
    const entries = [...lastUses].sort(([a], [b]) => (a < b ? -1 : 1))
    lastUses = new Map()
    const values = { ids: entries.map(([id]) => id), times: entries.map(([, at]) => at) }
    // The time of a use is a hint, so a statement that fails is not repeated.
    running = entries.length === 0 ? running : running.then(() => store(db, values)).catch(onError)
    return running
  }

  return {
    /** Records a use at this moment. Returns at once. */
    record(id: string): void {
      if (lastUses.size < maxBuffered || lastUses.has(id)) lastUses.set(id, Date.now())
      timer ??= setTimeout(flush, everyMs).unref()
    },
    /** Stores what was collected. */
    async close(): Promise<void> {
      clearTimeout(timer)
      await flush()
    },
  }
}
