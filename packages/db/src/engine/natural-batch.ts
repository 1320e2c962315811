import { currentOrigin, type Origin, runFor } from '@goals-tasks/tracing'
import { Overloaded } from './overloaded.ts'

type Waiting<I, O> = {
  input: I
  since: number
  origin: Origin
  resolve: (output: O) => void
  reject: (error: unknown) => void
}
type Limits = { maxInFlight: number; maxInputs: number; maxQueued: number; maxWaitMs: number }

/**
 * Returns a function whose concurrent calls share round trips: a natural batch. There is no timer. An idle system sends
 * a call at once and alone. While `maxInFlight` trips are in flight, further calls queue. The next trip takes all
 * queued calls, up to `maxInputs`. `send` returns one output per input, in their order. An error of `send` fails every
 * call of its trip. A trace links a shared trip to the spans of its calls. With `keyOf`, a call waits while another one
 * with the same key is in flight, so a key is in at most one trip at a time, and once.
 * @throws Overloaded when `maxQueued` calls are waiting, or when a call was not sent within `maxWaitMs`
 */
export function createNaturalBatch<I, O>(
  send: (inputs: readonly I[]) => Promise<readonly O[]>,
  { maxInFlight, maxInputs, maxQueued, maxWaitMs }: Limits,
  keyOf?: (input: I) => string,
): (input: I) => Promise<O> {
  const queue: Waiting<I, O>[] = []
  const keysInFlight = new Set<string>()
  let inFlight = 0

  async function sendBatch(batch: readonly Waiting<I, O>[]): Promise<void> {
    try {
      const origins = batch.map((waiting) => waiting.origin)
      const outputs = await runFor(origins, () => send(batch.map((waiting) => waiting.input)))
      for (const [i, waiting] of batch.entries()) waiting.resolve(outputs[i] as O)
    } catch (error) {
      for (const waiting of batch) waiting.reject(error)
    }
    inFlight--
    if (keyOf) for (const { input } of batch) keysInFlight.delete(keyOf(input))
    sendQueued()
  }

  function sendQueued(): void {
    refuseStale()
    while (inFlight < maxInFlight) {
      const batch = keyOf ? takeDistinct(keyOf) : queue.splice(0, maxInputs)
      if (batch.length === 0) return
      inFlight++
      void sendBatch(batch)
    }
  }

  /** Takes the next calls whose key is not in flight, one per key. The others keep their place in the queue. */
  function takeDistinct(keyOf: (input: I) => string): Waiting<I, O>[] {
    const batch: Waiting<I, O>[] = []
    const rest = queue.filter((waiting) => {
      const key = keyOf(waiting.input)
      if (batch.length === maxInputs || keysInFlight.has(key)) return true
      keysInFlight.add(key)
      batch.push(waiting)
      return false
    })
    queue.splice(0, queue.length, ...rest)
    return batch
  }

  /** Refuses calls that waited too long. Their callers have seen a timeout, so sending them now would surprise. */
  function refuseStale(): void {
    const oldest = performance.now() - maxWaitMs
    const fresh = queue.findIndex((waiting) => waiting.since > oldest)
    const stale = queue.splice(0, fresh === -1 ? queue.length : fresh)
    for (const { reject } of stale) reject(new Overloaded(`not sent within ${maxWaitMs} ms`))
  }

  return (input) =>
    new Promise<O>((resolve, reject) => {
      // While no trip returns, only a new call reaches this check.
      refuseStale()
      if (queue.length >= maxQueued) return reject(new Overloaded(`${maxQueued} calls are waiting`))
      queue.push({ input, since: performance.now(), origin: currentOrigin(), resolve, reject })
      // Calls of one turn of the event loop share a trip.
      if (inFlight < maxInFlight) queueMicrotask(sendQueued)
    })
}
