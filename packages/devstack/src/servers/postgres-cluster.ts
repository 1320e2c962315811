import { randomBytes } from 'node:crypto'
import { chmod, chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import pg from 'pg'
import { unprivilegedId } from '../processes/child.ts'
import { runToEnd } from '../processes/run-to-end.ts'
import { postgresBinaries } from './postgres-binaries.ts'
import type { ServerOptions } from './server.ts'

const user = 'goals'

export const isRoot = () => process.getuid?.() === 0

/** Creates the cluster in a folder of another name, so that an interrupted initdb never looks like a cluster. */
export async function createCluster({ dataDir, durability, onProgress }: ServerOptions): Promise<void> {
  onProgress?.('Creating the Postgres cluster')
  const unfinished = `${dataDir}.unfinished`
  await rm(unfinished, { recursive: true, force: true })
  await mkdir(unfinished, { mode: 0o700 })
  if (isRoot()) await chown(unfinished, unprivilegedId, unprivilegedId)
  const passwordFile = passwordFileOf(dataDir)
  await writeFile(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 })
  await chmod(passwordFile, 0o600)

  // The builtin locale sorts alike on every machine and needs no installed locale.
  const args = ['-D', unfinished, '-U', user, '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '-E', 'UTF8']
  args.push('--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C', '--no-instructions')
  if (durability === 'none') args.push('--no-sync')
  await runToEnd(postgresBinaries().initdb, args, { unprivileged: isRoot() })
  await rename(unfinished, dataDir)
}

const passwordFileOf = (dataDir: string) => `${dataDir}.password`

/** Returns a function that gives the URL of a database of the cluster. */
export async function urlFor({ dataDir, port }: ServerOptions): Promise<(database: string) => string> {
  const password = await readFile(passwordFileOf(dataDir), 'utf8')
  return (database) => `postgres://${user}:${password}@127.0.0.1:${port}/${database}`
}

/** Creates the database unless it exists. `url` names another database of the same server. */
export async function createDatabase(url: string, database: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [database])
    if (rowCount === 0) await client.query(`create database ${database}`)
  } finally {
    await client.end()
  }
}

/** Returns whether the server accepts a connection. */
export async function postgresAnswers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}
