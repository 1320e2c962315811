import { mkdir, open, readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { releaseFolder } from './leftover.ts'
import { becomesReady } from './readiness.ts'
import { redisBinary } from './redis-binary.ts'
import type { Server, ServerOptions } from './server.ts'
import { endProcess, exitOf, spawnTied } from './tied-process.ts'

/**
 * Starts a Redis on 127.0.0.1 that never evicts, with its data in `dataDir` and its log beside the folder.
 * The program comes from `redisBinary(cacheDir)`; `settings` are further arguments for it.
 * @throws with the end of the server's log when it does not come up.
 */
export async function startRedis(
  options: ServerOptions & { cacheDir: string; settings?: readonly string[] },
): Promise<Server> {
  const { dataDir, port, durability } = options
  const { command, env } = await redisBinary(options.cacheDir, options.onProgress)
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  await releaseRedis(dataDir)

  // With its title left alone, the folder stays visible in the process list: releaseFolder looks for it there.
  const settings = ['--set-proc-title', 'no', '--pidfile', pidFile(dataDir), '--dir', dataDir, '--port', String(port)]
  settings.push('--bind', '127.0.0.1', '--save', '', '--maxmemory-policy', 'noeviction')
  settings.push('--appendonly', durability === 'full' ? 'yes' : 'no')
  settings.push(...(options.settings ?? []))
  const logFile = `${dataDir}.log`
  const log = await open(logFile, 'w', 0o600)
  const child = spawnTied(command, settings, {
    deathSignal: 'TERM',
    stdio: ['ignore', log.fd, log.fd],
    env: { PATH: process.env.PATH, ...env },
  })
  await log.close()

  if (!(await becomesReady(() => ping(port), exitOf(child)))) {
    await endProcess(child, { signal: 'SIGTERM', deadlineMs: 2_000, lastSignal: 'SIGKILL' })
    throw new Error(
      `Redis did not start:\n${(await readFile(logFile, 'utf8')).trim().split('\n').slice(-8).join('\n')}`,
    )
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    pid: child.pid ?? 0,
    exited: exitOf(child),
    stop: () => endProcess(child, { signal: 'SIGTERM', deadlineMs: 10_000, lastSignal: 'SIGKILL' }),
  }
}

const pidFile = (dataDir: string) => join(dataDir, 'redis.pid')

/** Ends what an earlier run left of a server on this folder. Resolves when its port is free again. */
export const releaseRedis = (dataDir: string) => releaseFolder(pidFile(dataDir), dataDir, 'SIGTERM')

function ping(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 2_000 })
    const answer = (yes: boolean) => {
      socket.destroy()
      resolve(yes)
    }
    socket.on('connect', () => socket.write('PING\r\n'))
    socket.on('data', (data) => answer(data.toString().startsWith('+PONG')))
    socket.on('error', () => answer(false))
    socket.on('timeout', () => answer(false))
  })
}
