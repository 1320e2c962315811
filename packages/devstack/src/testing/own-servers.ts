import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { childrenOf, signalIfAlive } from '../processes/process-table.ts'
import { dataDir } from '../processes/repository.ts'
import { startPostgres } from '../servers/postgres.ts'
import { startRedis } from '../servers/redis.ts'
import { redisCacheDir } from '../servers/redis-cache.ts'
import type { Server } from '../servers/server.ts'
import { temporaryFolder } from '../servers/temporary-folder.ts'
import { cleanUp } from './clean-up.ts'
import { folderPrefix } from './ephemeral-servers.ts'
import { freePort } from './free-port.ts'

/** A server that only one test uses. The test may stop, pause, empty or kill it. It stops with the test. */
export type OwnServer = {
  url: string
  /** Shuts down cleanly and keeps the data. */
  stop(): Promise<void>
  /** Starts again after `stop` or `kill`, with the same port and the same data. */
  start(): Promise<void>
  /** Hangs the server: it accepts connections and never answers. */
  pause(): void
  resume(): void
  /** Ends the server without a shutdown. Resolves when it has ended. */
  kill(): Promise<void>
}

/** Starts an empty Postgres without the schema. `settings` are further arguments of its command line. */
export const ownPostgres = (settings: readonly string[] = []): Promise<OwnServer> =>
  own((folder, port) => startPostgres({ dataDir: join(folder, 'pg'), port, durability: 'none', settings }))

/** Starts a Redis that keeps its data over a restart. `settings` are further arguments of its command line. */
export const ownRedis = (settings: readonly string[] = []): Promise<OwnServer> =>
  own((folder, port) => {
    const cacheDir = redisCacheDir(dataDir())
    return startRedis({ dataDir: join(folder, 'redis'), port, durability: 'full', cacheDir, settings })
  })

/** @internal Launches a server on a port and with a folder of its own. It stops with the test. */
export async function own(launch: (folder: string, port: number) => Promise<Server>): Promise<OwnServer> {
  const folder = await temporaryFolder(tmpdir(), folderPrefix)
  const port = await freePort()
  let server = await launch(folder, port)
  // Postgres has one process per connection. All of them have to hang.
  const signalAll = (signal: NodeJS.Signals) => {
    for (const pid of [server.pid, ...childrenOf(server.pid)]) signalIfAlive(pid, signal)
  }
  let stopped = false
  let paused = false
  const resume = () => {
    if (paused) signalAll('SIGCONT')
    paused = false
  }
  const stop = async () => {
    if (stopped) return
    resume()
    stopped = true
    await server.stop()
  }
  cleanUp(async () => {
    await stop()
    await rm(folder, { recursive: true, force: true })
  })
  return {
    url: server.url,
    stop,
    async start() {
      server = await launch(folder, port)
      stopped = false
    },
    pause() {
      paused = true
      signalAll('SIGSTOP')
    },
    resume,
    async kill() {
      stopped = true
      signalAll('SIGKILL')
      await server.exited
    },
  }
}
