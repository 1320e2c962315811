import { spawnSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { endProcess, exitOf, spawnChild } from '../processes/child.ts'
import { isRoot } from '../servers/postgres-cluster.ts'
import { becomesReady } from '../servers/readiness.ts'
import type { Server } from '../servers/server.ts'
import { own } from './own-servers.ts'

/** A PgBouncer in transaction mode. It ends with the test. */
export type PgBouncer = {
  /** Returns the URL of a database through the pooler, with the parameter that names its mode. */
  through(url: string): string
  /** Ends the sessions of Postgres that the pooler keeps. */
  restart(): Promise<void>
}

/** Returns whether PgBouncer is installed, and says so when it is not. */
export function hasPgBouncer(): boolean {
  const isInstalled = spawnSync('pgbouncer', ['--version']).status === 0
  if (!isInstalled) console.warn("pgbouncer is not installed (Debian's package pgbouncer): its test is skipped")
  return isInstalled
}

/** Starts PgBouncer in transaction mode before the Postgres of this URL. It opens eight sessions per database. */
export async function startPgBouncer(databaseUrl: string): Promise<PgBouncer> {
  const pooler = await own((folder, port) => launch(folder, port, databaseUrl))
  return {
    through(url) {
      const pooled = new URL(url)
      pooled.host = new URL(pooler.url).host
      pooled.searchParams.set('pooler', 'transaction')
      return pooled.href
    },
    async restart() {
      await pooler.kill()
      await pooler.start()
    },
  }
}

async function launch(folder: string, port: number, databaseUrl: string): Promise<Server> {
  const file = join(folder, 'pgbouncer.ini')
  await mkdir(folder, { recursive: true })
  await writeFile(file, configOf(port, new URL(databaseUrl)))
  // PgBouncer refuses to run as root.
  const child = spawnChild('pgbouncer', [file], { deathSignal: 'KILL', unprivileged: isRoot(), stdio: 'ignore' })
  // Newer versions wait for their clients at SIGTERM.
  const stop = () => endProcess(child, { signal: 'SIGKILL', deadlineMs: 1_000, lastSignal: 'SIGKILL' })
  const exited = exitOf(child)
  if (await becomesReady(() => accepts(port), exited))
    return { url: `postgres://127.0.0.1:${port}`, port, pid: child.pid ?? 0, exited, stop }
  await stop()
  throw new Error('PgBouncer did not start')
}

function configOf(listenPort: number, { hostname, port, username, password }: URL): string {
  const server = `host=${hostname} port=${port} user=${username} password='${decodeURIComponent(password)}'`
  return [
    ...['[databases]', `* = ${server}`],
    ...['[pgbouncer]', 'listen_addr = 127.0.0.1', `listen_port = ${listenPort}`, 'unix_socket_dir ='],
    ...['auth_type = any', 'pool_mode = transaction', 'default_pool_size = 8'],
    // 15 s by default, and no client gets a session meanwhile.
    ...['server_login_retry = 1', ''],
  ].join('\n')
}

const accepts = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const finish = (isOpen: boolean) => {
      socket.destroy()
      resolve(isOpen)
    }
    socket.once('connect', () => finish(true)).once('error', () => finish(false))
  })
