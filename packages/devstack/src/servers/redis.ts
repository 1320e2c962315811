import { mkdir, open, readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { endProcess, exitOf, spawnChild } from '../processes/child.ts'
import { endStaleProcess } from '../processes/stale-process.ts'
import { logTail } from './log-tail.ts'
import { becomesReady } from './readiness.ts'
import { redisBinary } from './redis-binary.ts'
import type { Server, ServerOptions } from './server.ts'

/** A Sentinel needs a `configFile` that it may write. */
type RedisOptions = ServerOptions & { cacheDir: string; configFile?: string }

/**
 * Starts a Redis on 127.0.0.1 that never evicts, with its data in `dataDir` and its log beside that folder.
 * The program comes from `redisBinary(cacheDir)`.
 * @throws with the end of the server's log when it does not start
 */
export async function startRedis(options: RedisOptions): Promise<Server> {
  const { dataDir, port } = options
  const { command, env } = await redisBinary(options.cacheDir, options.onProgress)
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  await endStaleRedis(dataDir)

  const logFile = `${dataDir}.log`
  const log = await open(logFile, 'w', 0o600)
  const child = spawnChild(command, serverArguments(options), {
    deathSignal: 'TERM',
    stdio: ['ignore', log.fd, log.fd],
    env: { PATH: process.env.PATH, ...env },
  })
  await log.close()

  if (!(await becomesReady(() => ping(port), exitOf(child)))) {
    await endProcess(child, { signal: 'SIGTERM', deadlineMs: 2_000, lastSignal: 'SIGKILL' })
    throw new Error(`Redis did not start:\n${logTail(await readFile(logFile, 'utf8'))}`)
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    pid: child.pid ?? 0,
    exited: exitOf(child),
    stop: () => endProcess(child, { signal: 'SIGTERM', deadlineMs: 10_000, lastSignal: 'SIGKILL' }),
  }
}

const serverArguments = ({ dataDir, port, durability, settings = [], configFile }: RedisOptions): string[] => [
  ...(configFile === undefined ? [] : [configFile]),
  // Without a title of its own the process shows the folder in its command line. endStaleProcess looks for it there.
  ...['--set-proc-title', 'no', '--pidfile', pidFile(dataDir), '--dir', dataDir, '--port', String(port)],
  ...['--bind', '127.0.0.1', '--save', '', '--maxmemory-policy', 'noeviction'],
  ...['--appendonly', durability === 'full' ? 'yes' : 'no'],
  ...settings,
]

const pidFile = (dataDir: string) => join(dataDir, 'redis.pid')

/** Ends the server that an earlier run left on this folder. Resolves when its port is free again. */
export const endStaleRedis = (dataDir: string) => endStaleProcess(pidFile(dataDir), dataDir, 'SIGTERM')

function ping(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 2_000 })
    const finish = (ready: boolean) => {
      socket.destroy()
      resolve(ready)
    }
    socket.on('connect', () => socket.write('PING\r\n'))
    socket.on('data', (data) => finish(data.toString().startsWith('+PONG')))
    socket.on('error', () => finish(false))
    socket.on('timeout', () => finish(false))
  })
}
