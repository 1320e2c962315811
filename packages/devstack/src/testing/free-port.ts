import { randomInt } from 'node:crypto'
import getPort from 'get-port'

/**
 * The ports for tests. They lie below the ones that Linux gives to outgoing connections, of which one could take a port
 * before the program of a test listens at it.
 */
const firstPort = 10_000
const portsPerWorker = 1_000

/**
 * Returns a port that is free now. No call returns it again in this process. The processes of one run of vitest have
 * ranges of their own.
 */
export const freePort = (): Promise<number> => {
  const worker = Number(process.env.VITEST_POOL_ID ?? 0) % 10
  const start = randomInt(portsPerWorker)
  const ports = Array.from(
    { length: portsPerWorker },
    (_, i) => firstPort + worker * portsPerWorker + ((start + i) % portsPerWorker),
  )
  return getPort({ port: ports, reserve: true })
}
