import { until } from '@goals-tasks/devstack/testing'
import type { ConsumerName } from '@goals-tasks/events'
import pg from 'pg'
import type { Installation } from './installation.ts'
import { queueOf } from './queue-of.ts'

/**
 * Lets time pass for an installation: for every `now()` of its Postgres, and for the delayed jobs of one consumer. Call
 * it before the first query of the installation, because it changes the search path of new sessions.
 */
export async function createPassingTime(installation: Installation, consumer: ConsumerName) {
  const { url, pool, closeFirst } = installation
  const queue = queueOf(installation, consumer)
  const clock = new pg.Client({ connectionString: url })
  await clock.connect()
  closeFirst(() => clock.end())
  await shadowNow(clock)
  const startedAt = performance.now()
  /** When a job is due whose delay was changed. BullMQ does not keep the time of the change. */
  const dueAt = new Map<string, number>()
  let skippedMs = 0

  const delayed = async () =>
    (await queue.getDelayed()).map((job) => {
      const { id = '', timestamp, delay } = job
      return { id, job, leftMs: (dueAt.get(id) ?? timestamp + delay) - Date.now() }
    })

  async function skip(ms: number): Promise<void> {
    await clock.query(`update passed.clock set by = by + $1 * interval '1 millisecond'`, [ms])
    skippedMs += ms
    for (const { id, job, leftMs } of await delayed()) {
      const delayMs = Math.max(0, Math.ceil(leftMs - ms))
      dueAt.set(id, Date.now() + delayMs)
      await job.changeDelay(delayMs).catch(async (error) => {
        // It became due meanwhile.
        if (await job.isDelayed()) throw error
      })
    }
  }

  /** Waits until each delivery of the consumer has a job that is due later, and no other job is left. */
  const untilIdle = () =>
    until(async () => {
      const { waiting = 0, active = 0 } = await queue.getJobCounts('wait', 'active')
      const carried = new Set((await queue.getDelayed()).flatMap(({ data }) => data.events.map(({ id }) => id)))
      const { rows } = await pool.query('select event_id as id from deliveries where consumer = $1', [consumer])
      return waiting + active === 0 && rows.every(({ id }) => carried.has(id))
    })

  return {
    /** The time that was skipped so far. */
    skippedMs: () => skippedMs,
    /** The time that has passed for Postgres so far. */
    passedMs: () => skippedMs + performance.now() - startedAt,
    /** Skips to each delayed job in turn, until `ms` were skipped in all. */
    async passTo(ms: number): Promise<void> {
      for (;;) {
        await untilIdle()
        const next = Math.min(...(await delayed()).map(({ leftMs }) => leftMs))
        if (skippedMs + next > ms) break
        await skip(Math.max(0, next))
      }
      await skip(ms - skippedMs)
    },
  }
}

/**
 * Puts a `now()` before the one of Postgres on the search path of new sessions, and into the defaults of the tables. It
 * is later by the time that was skipped.
 */
async function shadowNow(client: pg.Client): Promise<void> {
  const { rows: defaults } = await client.query<{ sql: string }>(
    `select format('alter table %s alter %I set default %s', c.oid::regclass, a.attname,
                   replace(pg_get_expr(d.adbin, d.adrelid), 'now()', 'passed.now()')) as sql
     from pg_attrdef d join pg_class c on c.oid = d.adrelid
       join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
     where c.relnamespace = 'public'::regnamespace and not c.relispartition
       and pg_get_expr(d.adbin, d.adrelid) like '%now()%'`,
  )
  await client.query(`
    create schema passed;
    create table passed.clock (by interval not null);
    insert into passed.clock values ('0');
    create function passed.now() returns timestamptz stable language sql
      as 'select pg_catalog.now() + by from passed.clock';
    do $$ begin
      execute format('alter database %I set search_path = public, passed, pg_catalog', current_database());
    end $$;
    ${defaults.map(({ sql }) => sql).join(';\n')}`)
}
