import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, chown, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { releaseFolder } from './leftover.ts'
import { postgresBinaries } from './postgres-binaries.ts'
import { becomesReady } from './readiness.ts'
import { runToEnd } from './run-to-end.ts'
import type { Server, ServerOptions } from './server.ts'
import { endProcess, exitOf, NOBODY, spawnTied } from './tied-process.ts'

const USER = 'goals'
const DATABASE = 'goals'
/** The memory of a killed server stays attached until its last backend has noticed; then the next start succeeds. */
const STILL_HELD = /pre-existing shared memory|lock file .* already exists/
const STILL_HELD_TIMEOUT_MS = 20_000

const isRoot = () => process.getuid?.() === 0

/**
 * Starts Postgres 18 on 127.0.0.1, with its data in `dataDir`; its password and log stand beside the folder.
 * Makes the cluster and the database `goals` at first use. The user is a superuser of this cluster.
 * @throws with the end of the server's log when it does not come up.
 */
export async function startPostgres(options: ServerOptions): Promise<Server> {
  const { dataDir, port } = options
  await mkdir(dirname(dataDir), { recursive: true })
  await releasePostgres(dataDir)
  if (!existsSync(dataDir)) await makeCluster(options)
  const password = await readFile(`${dataDir}.password`, 'utf8')
  const urlOf = (database: string) => `postgres://${USER}:${password}@127.0.0.1:${port}/${database}`

  const child = await startServer(options, urlOf('postgres'))
  await makeDatabase(urlOf('postgres'))
  return {
    url: urlOf(DATABASE),
    port,
    pid: child.pid ?? 0,
    exited: exitOf(child),
    // SIGINT is the fast shutdown. SIGKILL as the last word would leave shared memory behind; SIGQUIT does not.
    stop: () => endProcess(child, { signal: 'SIGINT', deadlineMs: 10_000, lastSignal: 'SIGQUIT' }),
  }
}

/** Ends what an earlier run left of a server on this folder. Resolves when its port is free again. */
export const releasePostgres = (dataDir: string) => releaseFolder(join(dataDir, 'postmaster.pid'), dataDir, 'SIGINT')

/** Made in a folder of another name, so that an interrupted initdb never looks like a cluster. */
async function makeCluster({ dataDir, durability, onProgress }: ServerOptions): Promise<void> {
  onProgress?.('creating the Postgres cluster')
  const unfinished = `${dataDir}.unfinished`
  await rm(unfinished, { recursive: true, force: true })
  await mkdir(unfinished, { mode: 0o700 })
  if (isRoot()) await chown(unfinished, NOBODY, NOBODY)
  const passwordFile = `${dataDir}.password`
  await writeFile(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 })
  await chmod(passwordFile, 0o600)

  // The builtin locale sorts alike on every machine and needs none installed.
  const args = ['-D', unfinished, '-U', USER, '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '-E', 'UTF8']
  args.push('--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C', '--no-instructions')
  if (durability === 'none') args.push('--no-sync')
  await runToEnd(postgresBinaries().initdb, args, { asNobody: isRoot() })
  await rename(unfinished, dataDir)
}

async function startServer(options: ServerOptions, url: string) {
  for (const deadline = Date.now() + STILL_HELD_TIMEOUT_MS; ; await sleep(200)) {
    const { child, logTail } = await spawnServer(options)
    if (await becomesReady(() => answers(url), exitOf(child))) return child
    await endProcess(child, { signal: 'SIGQUIT', deadlineMs: 5_000, lastSignal: 'SIGKILL' })
    const said = await logTail()
    if (!STILL_HELD.test(said) || Date.now() > deadline) throw new Error(`Postgres did not start:\n${said}`)
  }
}

async function spawnServer({ dataDir, port, durability }: ServerOptions) {
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=300',
    'log_checkpoints=off',
    ...(durability === 'none' ? ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'] : []),
  ]
  const logFile = `${dataDir}.log`
  const log = await open(logFile, 'a', 0o600)
  const { size } = await stat(logFile)
  const child = spawnTied(postgresBinaries().postgres, ['-D', dataDir, ...settings.flatMap((s) => ['-c', s])], {
    deathSignal: 'INT',
    asNobody: isRoot(),
    stdio: ['ignore', log.fd, log.fd],
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
  })
  await log.close()
  const logTail = async () => (await readFile(logFile, 'utf8')).slice(size).trim().split('\n').slice(-8).join('\n')
  return { child, logTail }
}

async function answers(url: string): Promise<boolean> {
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

async function makeDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE])
    if (rowCount === 0) await client.query(`create database ${DATABASE}`)
  } finally {
    await client.end()
  }
}
