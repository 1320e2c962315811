import { startTracing, type TracingConfig } from '@goals-tasks/tracing'
import type { Logger } from 'pino'
import { freeStartMemory } from './free-start-memory.ts'
import { serveUntilStopped } from './lifecycle.ts'
import { createLogger } from './logger.ts'
import { createRegistry, type Registry } from './metrics.ts'
import type { Readiness } from './probes.ts'
import { startOrExit } from './startup.ts'
import { throttled } from './throttled.ts'

type ProcessConfig = {
  production: boolean
  logLevel: string
  host: string
  probePort: number | undefined
  shutdownTimeoutMs: number
  shutdownDelayMs?: number
  tracing: TracingConfig | undefined
}

const reportEveryMs = 60_000

type Service = {
  ready(): Promise<Readiness>
  /** Begins to accept work. Returns the fields of the log line `ready`. */
  listen(): Promise<Record<string, unknown>>
  /** Releases everything in order. */
  close(): Promise<void>
}

/**
 * Runs a process: sets its title, loads its configuration, creates its logger and registry, opens its service, starts
 * the probes, handles signals, lets the service listen, and logs `ready`.
 * A failure before that is printed on standard error and ends the process with code 1.
 */
export const runProcess = <C extends ProcessConfig>(
  name: string,
  loadConfig: () => C,
  open: (context: { config: C; log: Logger; registry: Registry }) => Promise<Service>,
): void =>
  void startOrExit(async () => {
    // `top` shows the first 15 characters.
    process.title = `gt-${name}`
    const config = loadConfig()
    const { logLevel, host, probePort, shutdownTimeoutMs, shutdownDelayMs = 0 } = config
    const log = createLogger(name, logLevel)
    const registry = createRegistry()
    const tracing = await openTracing(name, config.tracing, log)
    const service = await open({ config, log, registry })
    await serveUntilStopped({
      ...{ log, registry, host, probePort, shutdownTimeoutMs, shutdownDelayMs },
      ready: () => service.ready(),
      async close() {
        await service.close()
        await tracing?.close()
      },
    })
    log.info(await service.listen(), 'ready')
    // In development and in tests a process rarely lives for long.
    if (config.production) freeStartMemory()
  })

/** Starts the traces when they are configured. A collector that is away leaves one line per minute. */
function openTracing(name: string, config: TracingConfig | undefined, log: Logger) {
  if (!config) return undefined
  const onError = throttled(reportEveryMs, (reason: string) => log.warn({ reason }, 'spans could not be sent'))
  return startTracing({ service: `goals-tasks-${name}`, config, onError })
}
