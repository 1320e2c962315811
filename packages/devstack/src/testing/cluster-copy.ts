import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import pg from 'pg'
import { unprivilegedId } from '../processes/child.ts'
import { runToEnd } from '../processes/run-to-end.ts'
import { isRoot } from '../servers/postgres-cluster.ts'

/**
 * Copies the files of a running cluster into `target`, between `pg_backup_start` and `pg_backup_stop`, as
 * `pg_basebackup` does, which the npm package lacks. The copy has no WAL: see `copyWal`.
 * @returns the folder of the cluster
 */
export const copyCluster = (url: string, target: string): Promise<string> =>
  withClient(url, async (client) => {
    const { rows } = await client.query(`select current_setting('data_directory') as source`)
    const { source } = rows[0] as { source: string }
    await mkdir(dirname(target), { recursive: true })
    // The files change while they are copied. The WAL from here to the end of the backup repairs the copy.
    await client.query(`select pg_backup_start('copy', true)`)
    await copyFolder(source, target)
    const backup = await client.query('select labelfile from pg_backup_stop(false)')
    await copyFile(`${source}.password`, `${target}.password`)
    await writeFile(join(target, 'backup_label'), backup.rows[0].labelfile, { mode: 0o600 })
    await giveToServer(target)
    return source
  })

/** Copies the WAL of the cluster in `source`, which begins before its backup and ends after it. */
export async function copyWal(source: string, target: string): Promise<void> {
  const [from, to] = [join(source, wal), join(target, wal)]
  const segments = (await readdir(from)).filter((name) => /^[0-9A-F]{24}$/.test(name))
  for (const name of segments) await unlessGone(copyFile(join(from, name), join(to, name)))
  await giveToServer(target)
}

/** The server, which does not run as root, changes these files. */
export const giveToServer = async (path: string): Promise<void> => {
  if (isRoot()) await runToEnd('chown', ['-R', `${unprivilegedId}:${unprivilegedId}`, path])
}

const wal = 'pg_wal'
/** Files of the running server, which is not the one of the copy. */
const isOfServer = (name: string) => name.startsWith('postmaster.') || name.startsWith('pgsql_tmp')

async function copyFolder(source: string, target: string): Promise<void> {
  await mkdir(target, { mode: 0o700 })
  const entries = (await readdir(source, { withFileTypes: true })).filter(({ name }) => !isOfServer(name))
  for (const entry of entries) {
    const [from, to] = [join(source, entry.name), join(target, entry.name)]
    if (entry.isDirectory()) await copyFolder(from, to)
    else if (!source.endsWith(`/${wal}`)) await unlessGone(copyFile(from, to))
  }
}

/** The running server may remove a file before it is copied. */
async function unlessGone(copying: Promise<void>): Promise<void> {
  await copying.catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
}

/** Runs work on a connection of its own. */
export async function withClient<T>(connectionString: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
