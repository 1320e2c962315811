import { sql } from 'drizzle-orm'
import { type Executor, prepareStatement } from '../engine/statement.ts'

/** A position in the WAL. `cluster` names the timeline: positions of two timelines cannot be compared. */
type Position = { cluster: string; lsn: string }

/**
 * `isReplica` is false for a server that was promoted. `isSameCluster` is false for one that follows another timeline
 * than the primary. `behindBytes` is the WAL that it has not replayed yet.
 */
export type ReplicaState = { isReplica: boolean; isSameCluster: boolean; behindBytes: number }

const position = prepareStatement<Position>(
  'replica_position',
  sql`select concat(recorded.system_identifier, '/', recorded.timeline) as cluster,
             pg_current_wal_insert_lsn()::text as lsn
      from installation recorded, present_cluster() present where present.timeline = recorded.timeline`,
)

/**
 * Returns a position that is not before any commit that was acknowledged until now.
 * @throws Error when the timeline of the primary is not recorded: nothing can be said about a replica then
 */
export async function loadPosition(primary: Executor): Promise<Position> {
  const [present] = await position(primary, {})
  if (!present) throw new Error('the timeline of the primary is not recorded')
  return present
}

/** Compares a replica with a position. A replica of another timeline never gets the row that names this one. */
export async function loadReplicaState(
  replica: Executor,
  { cluster, lsn }: Position,
  timeoutMs: number,
): Promise<ReplicaState> {
  const look = {
    text: `select pg_is_in_recovery() as "isReplica", concat(system_identifier, '/', timeline) = $1 as "isSameCluster",
                  greatest($2::pg_lsn - coalesce(pg_last_wal_replay_lsn(), '0/0'), 0)::float8 as "behindBytes"
           from installation`,
    values: [cluster, lsn],
    name: 'replica_look',
    label: 'replica_look',
    // The driver's own limit, for a server that hangs.
    query_timeout: timeoutMs,
  }
  const { rows } = await replica.query(look)
  return rows[0]
}
