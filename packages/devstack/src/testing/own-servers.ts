import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import getPort from 'get-port'
import { startPostgres } from '../postgres.ts'
import { childrenOf, signalIfAlive } from '../process-table.ts'
import { startRedis } from '../redis.ts'
import { dataDir } from '../repository.ts'
import type { Server } from '../server.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { cleanUp } from './clean-up.ts'
import { FOLDER_PREFIX } from './throwaway-servers.ts'

/** A server that only one test uses, to be stopped, hung, emptied or killed. It goes with the test. */
export type OwnServer = {
  url: string
  /** A clean shutdown; the data stays. */
  stop(): Promise<void>
  /** Again after `stop` or `kill`: same port, same data. */
  start(): Promise<void>
  /** Hangs the server: connections are taken and never answered. */
  pause(): void
  resume(): void
  /** Dies without a word; resolves when it is gone. */
  kill(): Promise<void>
}

/** An empty Postgres; migrate it yourself. */
export const ownPostgres = (): Promise<OwnServer> =>
  own((folder, port) => startPostgres({ dataDir: join(folder, 'pg'), port, durability: 'none' }))

/** A Redis that keeps its data over a restart. */
export const ownRedis = (): Promise<OwnServer> =>
  own((folder, port) => startRedis({ dataDir: join(folder, 'redis'), port, durability: 'full', cacheDir: dataDir() }))

/** @internal A server that goes with the test, on a port and with a folder of its own. */
export async function own(launch: (folder: string, port: number) => Promise<Server>): Promise<OwnServer> {
  const folder = await temporaryFolder(tmpdir(), FOLDER_PREFIX)
  const port = await getPort({ reserve: true })
  let server = await launch(folder, port)
  // Postgres answers from one process per connection: all of them have to hang.
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
