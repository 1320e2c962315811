import { existsSync } from 'node:fs'
import { mkdir, open, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { endProcess, exitOf, spawnChild } from '../processes/child.ts'
import { endStaleProcess } from '../processes/stale-process.ts'
import { logTail } from './log-tail.ts'
import { postgresBinaries } from './postgres-binaries.ts'
import { createCluster, createDatabase, isRoot, postgresAnswers, urlFor } from './postgres-cluster.ts'
import { becomesReady } from './readiness.ts'
import type { Server, ServerOptions } from './server.ts'

const database = 'goals'
/** The shared memory of a killed server stays attached until its last backend ends. Then the next start succeeds. */
const stillHeld = /pre-existing shared memory|lock file .* already exists/
const stillHeldTimeoutMs = 20_000

/**
 * Starts Postgres 18 on 127.0.0.1 with its data in `dataDir`. Its password and log are files beside that folder.
 * Creates the cluster and the database `goals` at first use. The user is a superuser of this cluster.
 * @throws with the end of the server's log when it does not start
 */
export async function startPostgres(options: ServerOptions): Promise<Server> {
  const { dataDir, port } = options
  await mkdir(dirname(dataDir), { recursive: true })
  await endStalePostgres(dataDir)
  if (!existsSync(dataDir)) await createCluster(options)
  const urlOf = await urlFor(options)

  const child = await startServer(options, urlOf('postgres'))
  await createDatabase(urlOf('postgres'), database)
  return {
    url: urlOf(database),
    port,
    pid: child.pid ?? 0,
    exited: exitOf(child),
    // SIGINT is the fast shutdown. SIGKILL as the last signal would leave shared memory behind, SIGQUIT does not.
    stop: () => endProcess(child, { signal: 'SIGINT', deadlineMs: 10_000, lastSignal: 'SIGQUIT' }),
  }
}

/** Ends the server that an earlier run left on this folder. Resolves when its port is free again. */
export const endStalePostgres = (dataDir: string) => endStaleProcess(join(dataDir, 'postmaster.pid'), dataDir, 'SIGINT')

async function startServer(options: ServerOptions, url: string) {
  for (const deadline = Date.now() + stillHeldTimeoutMs; ; await sleep(200)) {
    const { child, readLogTail } = await spawnServer(options)
    if (await becomesReady(() => postgresAnswers(url), exitOf(child))) return child
    await endProcess(child, { signal: 'SIGQUIT', deadlineMs: 5_000, lastSignal: 'SIGKILL' })
    const tail = await readLogTail()
    if (!stillHeld.test(tail) || Date.now() > deadline) throw new Error(`Postgres did not start:\n${tail}`)
  }
}

async function spawnServer({ dataDir, port, durability, settings = [] }: ServerOptions) {
  const own = [
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
  const args = ['-D', dataDir, ...own.flatMap((setting) => ['-c', setting]), ...settings]
  const child = spawnChild(postgresBinaries().postgres, args, {
    deathSignal: 'INT',
    unprivileged: isRoot(),
    stdio: ['ignore', log.fd, log.fd],
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
  })
  await log.close()
  return { child, readLogTail: async () => logTail((await readFile(logFile, 'utf8')).slice(size)) }
}
