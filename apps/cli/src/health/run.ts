import { reportFailure } from '../failure.ts'
import { loadProbePort } from './config.ts'

const timeoutMs = 3_000

/** Prints the response of the probe. Reports a failure with its exit code. */
export async function runHealth({ ready }: { ready: boolean }): Promise<void> {
  try {
    const address = `http://127.0.0.1:${loadProbePort()}/${ready ? 'readyz' : 'healthz'}`
    const response = await fetch(address, { signal: AbortSignal.timeout(timeoutMs) }).catch((cause: unknown) => {
      throw new Error(`${address} does not respond`, { cause })
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${address} responds ${response.status}: ${text}`)
    console.log(text)
  } catch (error) {
    reportFailure(error)
  }
}
