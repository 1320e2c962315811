import { sql } from 'drizzle-orm'
import { type Executor, executeOnce } from '../engine/statement.ts'

/** A process without a beat for so long counts as dead. It beats every five seconds. */
const deadAfter = sql`interval '30 seconds'`
/** A beat deletes the rows of processes that have been dead for longer. */
const forgottenAfter = sql`interval '10 minutes'`
const maxForgottenPerBeat = 100
const maxListed = 1_000

/** The facts that a process states about itself. `consumers` is empty for a process that is no worker. */
export type ProcessFacts = {
  id: string
  role: string
  consumers: readonly string[]
  version: string
  host: string
  pid: number
  poolSize: number
  /** Milliseconds since 1970, on the clock of the process. */
  startedAtMs: number
}

/** The facts that a process knows about itself without its configuration. */
type ProcessIdentity = Omit<ProcessFacts, 'role' | 'consumers' | 'poolSize'>

/** A process that runs, as its row shows it. Instants are RFC 3339, UTC. Its start is on its own clock. */
export type RunningProcess = Omit<ProcessFacts, 'startedAtMs'> & {
  startedAt: string
  beatAt: string
  clockAheadMs: number
}

/** Records that the process runs. Also deletes the rows of processes that died long ago, a hundred at most. */
export async function recordBeat(db: Executor, facts: ProcessFacts, nowMs = Date.now()): Promise<void> {
  const { id, role, consumers, version, host, pid, poolSize, startedAtMs } = facts
  await executeOnce(
    db,
    sql`
    with forgotten as (
      delete from processes where id = any(array(
        select id from processes where beat_at < now() - ${forgottenAfter} and id <> ${id}::uuid
        limit ${maxForgottenPerBeat} for update skip locked))
    )
    insert into processes (id, role, consumers, version, host, pid, pool_size, started_at, clock_ahead_ms)
    select ${id}::uuid, ${role}, ${sql.param(consumers)}::text[], ${version}, ${host}, ${pid}::int, ${poolSize}::int,
           to_timestamp(${startedAtMs}::float8 / 1000), clock.ahead
    from (select least(greatest(sent - extract(epoch from clock_timestamp()) * 1000, -1e9), 1e9)::int as ahead
          from (select ${nowMs}::float8 as sent) beat) clock
    on conflict (id) do update set beat_at = now(), clock_ahead_ms = excluded.clock_ahead_ms`,
    'process_beat',
  )
}

/** Returns the calls that keep the record of one process: `beat` while it runs, and `end` when it stops. */
export const processRecord = (db: Executor, facts: Omit<ProcessFacts, keyof ProcessIdentity>) => ({
  beat: (identity: ProcessIdentity): Promise<void> => recordBeat(db, { ...identity, ...facts }),
  end: ({ id }: ProcessIdentity): Promise<void> => removeProcess(db, id),
})

/** Deletes the row of a process that stops. */
export async function removeProcess(db: Executor, id: string): Promise<void> {
  await executeOnce(db, sql`delete from processes where id = ${id}::uuid`, 'process_remove')
}

/** Returns the processes whose last beat is at most 30 s old, by role, the oldest of each first. A thousand at most. */
export const loadRunningProcesses = (db: Executor): Promise<RunningProcess[]> =>
  executeOnce<RunningProcess>(
    db,
    sql`select id, role, consumers, version, host, pid, pool_size as "poolSize", rfc3339(started_at) as "startedAt",
               rfc3339(beat_at) as "beatAt", clock_ahead_ms as "clockAheadMs"
        from processes where beat_at > now() - ${deadAfter} order by role, started_at, id
        limit ${maxListed}`,
    'processes_load',
  )
