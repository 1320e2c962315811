import closeWithGrace from 'close-with-grace'
import type { Logger } from 'pino'
import type { Registry } from './metrics.ts'
import { type Readiness, startProbes } from './probes.ts'

/**
 * From now on the process answers its probes (at `host`, unset means every address, on `probePort`, if there is one). At SIGTERM, SIGINT or an error that nobody caught it is no longer
 * ready, calls `close`, which releases everything in order, and ends; what takes longer than `shutdownTimeoutMs`, or a second
 * signal, ends it at once.
 */
export async function serveUntilStopped(options: {
  log: Logger
  registry: Registry
  host?: string
  probePort: number | undefined
  shutdownTimeoutMs: number
  ready: () => Promise<Readiness>
  close: () => Promise<void>
}): Promise<void> {
  const { log, registry, host, probePort, shutdownTimeoutMs, close } = options
  let stopping = false
  const ready = async (): Promise<Readiness> =>
    stopping ? { status: 'unavailable', checks: { process: 'stopping' } } : options.ready()
  const probes = probePort === undefined ? undefined : await startProbes({ host, port: probePort, ready, registry })

  closeWithGrace({ delay: shutdownTimeoutMs, logger: log }, async ({ err, signal }) => {
    if (err) log.fatal({ err }, 'stopping after an error that nobody caught')
    else log.info({ signal }, 'stopping')
    stopping = true
    await close()
    await probes?.close()
    log.info('stopped')
  })
}
