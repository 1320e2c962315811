import { type Executor, executeOnce } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'
import { type DoctorFinding, ok, problem, warning } from './finding.ts'
import { checkStandbys } from './standbys.ts'

type Settings = {
  version: string
  walLevel: string
  fsync: string
  fullPageWrites: string
  synchronousCommit: string
  walBehind: string | null
}

/** Checks the settings on which the promise to keep every acknowledged write depends. */
export async function checkPostgresSettings(db: Executor): Promise<DoctorFinding[]> {
  const [row] = await executeOnce<Settings>(
    db,
    sql`select current_setting('server_version') as version, current_setting('wal_level') as "walLevel",
               current_setting('fsync') as fsync, current_setting('full_page_writes') as "fullPageWrites",
               current_setting('synchronous_commit') as "synchronousCommit",
               (select string_agg(slot_name, ', ') from pg_replication_slots where not active) as "walBehind"`,
  )
  if (!row) return []
  return [
    ok('Postgres: version', row.version),
    row.walLevel === 'minimal'
      ? problem(
          'Postgres: wal_level',
          'minimal: neither a standby nor a backup of the WAL is possible',
          'set wal_level = replica and restart',
        )
      : ok('Postgres: wal_level', row.walLevel),
    checkDurability(row),
    await checkStandbys(db),
    ...(row.walBehind === null
      ? []
      : [
          warning(
            'Postgres: replication slots',
            `no standby reads ${row.walBehind}, and its WAL fills the disk`,
            "start its standby, or drop it: select pg_drop_replication_slot('…')",
          ),
        ]),
  ]
}

function checkDurability({ fsync, fullPageWrites, synchronousCommit }: Settings): DoctorFinding {
  const off = [
    fsync === 'off' ? 'fsync' : [],
    fullPageWrites === 'off' ? 'full_page_writes' : [],
    synchronousCommit === 'off' ? 'synchronous_commit' : [],
  ].flat()
  if (off.length === 0) return ok('Postgres: durability', 'a commit is on disk before it is acknowledged')
  return problem(
    'Postgres: durability',
    `${off.join(', ')} off: a crash loses acknowledged writes`,
    `set ${off.join(', ')} = on`,
  )
}
