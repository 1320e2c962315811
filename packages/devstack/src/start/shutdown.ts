import type { Output } from './output.ts'
import { watchPackageRunners } from './runners.ts'

type Stop = () => Promise<unknown>

/** The order of stopping: programs first, so that none of them loses its database while it still works. */
const LAYERS = ['programs', 'servers', 'folder'] as const
type Layer = (typeof LAYERS)[number]

export type Shutdown = {
  /** Registers what is to be stopped; at once when stopping has already begun. */
  add(layer: Layer, stop: Stop): Promise<void>
  /** Stops everything, once. */
  run(): Promise<void>
  begun(): boolean
}

export function createShutdown(): Shutdown {
  const stops: Record<Layer, Stop[]> = { programs: [], servers: [], folder: [] }
  let running: Promise<void> | undefined
  async function stopAll(): Promise<void> {
    for (const layer of LAYERS) await Promise.allSettled(stops[layer].map((stop) => stop()))
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
 * Stops everything and ends this process when a signal asks for it, when nobody reads its output any more, or when
 * the package runner that started it is gone. A second signal ends it at once: the kernel then ends the rest.
 */
export function stopOnSignals(shutdown: Shutdown, output: Output): void {
  const stop = (why: string) => {
    if (shutdown.begun()) process.exit(130)
    output.say(`${why}: stopping`)
    void shutdown.run().then(() => {
      output.say('stopped; the data is kept')
      process.exit(0)
    })
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(signal))
  process.stdout.on('error', () => !shutdown.begun() && stop('output closed'))
  watchPackageRunners(() => !shutdown.begun() && stop('the command that started this is gone'))
}
