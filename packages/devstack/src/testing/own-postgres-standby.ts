import { existsSync } from 'node:fs'
import { chown, copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import pg from 'pg'
import { unprivilegedId } from '../processes/child.ts'
import { runToEnd } from '../processes/run-to-end.ts'
import { startPostgres } from '../servers/postgres.ts'
import { isRoot } from '../servers/postgres-cluster.ts'
import { type OwnServer, own } from './own-servers.ts'

/**
 * A commit waits for its WAL and for a synchronous standby, as in production. Until a standby is connected, the primary
 * keeps the WAL that it needs.
 */
const settingsOfBoth = ['synchronous_commit=on', 'wal_keep_size=512MB']
const asArguments = (settings: readonly string[]) => settings.flatMap((setting) => ['-c', setting])

/** Starts an empty Postgres that may have standbys. */
export const ownPrimary = (): Promise<OwnServer> =>
  own((folder, port) =>
    startPostgres({ dataDir: join(folder, 'pg'), port, durability: 'none', settings: asArguments(settingsOfBoth) }),
  )

/** A standby that takes reads. `promote` makes it a primary of its own, on a new timeline. */
export type OwnStandby = OwnServer & { promote(): Promise<void> }

type StandbyOptions = {
  /** Its `application_name`, for `synchronous_standby_names`. */
  name: string
  /** The URL at which it finds the primary, such as the one of a proxy. Default: the URL of the primary. */
  sourceUrl?: string
}

/** Starts a standby of the primary, from a copy of its files: the npm package has no `pg_basebackup`. */
export async function ownStandby(primary: OwnServer, options: StandbyOptions): Promise<OwnStandby> {
  const { name, sourceUrl = primary.url } = options
  const { hostname, port: sourcePort, username, password } = new URL(sourceUrl)
  const source = `host=${hostname} port=${sourcePort} user=${username} password=${password} application_name=${name}`
  const standby = await own(async (folder, port) => {
    const dataDir = join(folder, 'pg')
    if (!existsSync(dataDir)) await copyCluster(primary.url, dataDir)
    return startPostgres({
      ...{ dataDir, port, durability: 'none' },
      settings: asArguments([...settingsOfBoth, `primary_conninfo=${source}`, 'wal_retrieve_retry_interval=100ms']),
    })
  })
  return {
    ...standby,
    promote: () => withClient(standby.url, async (client) => void (await client.query('select pg_promote()'))),
  }
}

/** Copies the files of a running cluster into `target`, as a standby that has not started yet. */
const copyCluster = (url: string, target: string): Promise<void> =>
  withClient(url, async (client) => {
    const { rows } = await client.query(`select current_setting('data_directory') as source`)
    const { source } = rows[0] as { source: string }
    await mkdir(dirname(target), { recursive: true })
    // The files change while they are copied. The WAL from here to the end of the backup repairs the copy.
    await client.query(`select pg_backup_start('standby', true)`)
    await runToEnd('cp', ['-a', source, target])
    const backup = await client.query('select labelfile from pg_backup_stop(false)')
    await copyFile(`${source}.password`, `${target}.password`)
    for (const name of ['postmaster.pid', 'postmaster.opts']) await rm(join(target, name), { force: true })
    await removeWal(join(target, 'pg_wal'))
    await writeOwned(join(target, 'backup_label'), backup.rows[0].labelfile)
    await writeOwned(join(target, 'standby.signal'), '')
  })

/** A copied segment may be incomplete. The standby gets the whole WAL from its primary. */
async function removeWal(folder: string): Promise<void> {
  const files = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile())
  await Promise.all(files.map(({ name }) => rm(join(folder, name))))
}

/** The server, which does not run as root, renames or removes these files. */
async function writeOwned(path: string, text: string): Promise<void> {
  await writeFile(path, text, { mode: 0o600 })
  if (isRoot()) await chown(path, unprivilegedId, unprivilegedId)
}

async function withClient<T>(connectionString: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
