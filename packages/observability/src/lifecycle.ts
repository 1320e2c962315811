import { setTimeout } from 'node:timers/promises'
import closeWithGrace from 'close-with-grace'
import type { Logger } from 'pino'
import type { Registry } from './metrics.ts'
import { type Readiness, startProbes } from './probes.ts'

/**
 * Starts the probes at `host` (every address when unset) on `probePort`, if there is one. On SIGTERM, SIGINT or an
 * uncaught error the process is no longer ready, calls `close`, which releases everything in order, and ends.
 * After a signal it waits for `shutdownDelayMs` before `close`: a load balancer needs this time to notice.
 * A `close` that takes longer than `shutdownTimeoutMs`, or a second signal, ends the process at once.
 */
export async function serveUntilStopped(options: {
  log: Logger
  registry: Registry
  host?: string
  probePort: number | undefined
  shutdownTimeoutMs: number
  shutdownDelayMs: number
  ready: () => Promise<Readiness>
  close: () => Promise<void>
}): Promise<void> {
  const { log, registry, host, probePort, shutdownTimeoutMs, shutdownDelayMs, close } = options
  let stopping = false
  const ready = async (): Promise<Readiness> =>
    stopping ? { status: 'unavailable', checks: { process: 'stopping' } } : options.ready()
  const probes = probePort === undefined ? undefined : await startProbes({ host, port: probePort, ready, registry })

  closeWithGrace({ delay: shutdownDelayMs + shutdownTimeoutMs, logger: log }, async ({ err, signal }) => {
    if (err) log.fatal({ err }, 'stopping after an uncaught error')
    else log.info({ signal }, 'stopping')
    stopping = true
    if (!err) await setTimeout(shutdownDelayMs)
    await close()
    await probes?.close()
    log.info('stopped')
    await untilWritten(log)
  })
}

/**
 * Resolves when every line has been written. Another thread writes the lines, and at the exit of the process a line
 * that waits would overtake the one that is being written: `stopped` would not be the last line.
 * An error means that standard output is closed or no file that can be synced.
 */
const untilWritten = (log: Logger): Promise<void> => new Promise((resolve) => log.flush(() => resolve()))
