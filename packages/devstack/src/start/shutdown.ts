import type { Output } from './output.ts'
import { watchPackageRunners } from './package-runners.ts'

type Stop = () => Promise<unknown>

/** The order of stopping: programs first, so that none of them loses its database while it still works. */
const layers = ['programs', 'servers', 'folder'] as const
type Layer = (typeof layers)[number]

export type Shutdown = {
  /** Registers a function that stops something. Calls it at once when the shutdown has already begun. */
  add(layer: Layer, stop: Stop): Promise<void>
  /** Stops everything. Later calls return the same promise. */
  run(): Promise<void>
  begun(): boolean
}

export function createShutdown(): Shutdown {
  const stops: Record<Layer, Stop[]> = { programs: [], servers: [], folder: [] }
  let running: Promise<void> | undefined
  async function stopAll(): Promise<void> {
    for (const layer of layers) await Promise.allSettled(stops[layer].map((stop) => stop()))
  }
  return {
    async add(layer, stop) {
      if (running) await stop()
      else stops[layer].push(stop)
    },
    run() {
      running ??= stopAll()
      return running
    },
    begun: () => running !== undefined,
  }
}

/**
 * Stops everything and ends this process on a signal, when the reader of its output closes it, or when the package
 * runner that started it has ended. A second signal ends this process at once. The kernel then ends its children.
 */
export function stopOnSignals(shutdown: Shutdown, output: Output): void {
  const stop = (reason: string) => {
    if (shutdown.begun()) process.exit(130)
    output.log(`${reason}: stopping`)
    void shutdown.run().then(() => {
      output.log('Stopped. The data is kept.')
      process.exit(0)
    })
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(signal))
  process.stdout.on('error', () => !shutdown.begun() && stop('The output was closed'))
  watchPackageRunners(() => !shutdown.begun() && stop('The command that started this process has ended'))
}
