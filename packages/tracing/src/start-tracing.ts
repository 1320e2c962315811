import { setTracer } from './spans.ts'
import type { TracingConfig } from './tracing-config.ts'

export type Tracing = { close(): Promise<void> }

type Options = {
  service: string
  config: TracingConfig
  /** Called when spans could not be sent. */
  onError: (message: string) => void
}

/**
 * Starts to send spans. At most 2,048 wait in memory; more are dropped, so a collector that is away costs nothing else.
 * The SDK is loaded here, so a process without tracing does not load it.
 */
export async function startTracing({ service, config, onError }: Options): Promise<Tracing> {
  const { createProvider } = await import('./provider.ts')
  const provider = createProvider(service, config, onError)
  setTracer(provider)
  return {
    /** Sends the spans that have ended. No further span begins. */
    async close() {
      setTracer(undefined)
      await provider.shutdown().catch((error: Error) => onError(error.message))
    },
  }
}
