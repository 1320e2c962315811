type Waiting<I, O> = { input: I; since: number; resolve: (output: O) => void; reject: (error: unknown) => void }
type Limits = { maxInFlight: number; maxInputs: number; maxQueued: number; maxWaitMs: number }

/** Refuses a call before anything of it was sent, so it may be repeated later. */
export class Overloaded extends Error {
  override name = 'Overloaded'
}

/**
 * Returns a function whose concurrent calls share round trips: a natural batch. There is no timer. An idle system sends
 * a call at once and alone. While `maxInFlight` trips are in flight, further calls queue. The next trip takes all
 * queued calls, up to `maxInputs`. `send` returns one output per input, in their order. An error of `send` fails every
 * call of its trip.
 * @throws Overloaded when `maxQueued` calls are waiting, or when a call was not sent within `maxWaitMs`
 */
export function createNaturalBatch<I, O>(
  send: (inputs: readonly I[]) => Promise<readonly O[]>,
  { maxInFlight, maxInputs, maxQueued, maxWaitMs }: Limits,
): (input: I) => Promise<O> {
  const queue: Waiting<I, O>[] = []
  let inFlight = 0

  async function sendBatch(batch: readonly Waiting<I, O>[]): Promise<void> {
    try {
      const outputs = await send(batch.map((waiting) => waiting.input))
      for (const [i, waiting] of batch.entries()) waiting.resolve(outputs[i] as O)
    } catch (error) {
      for (const waiting of batch) waiting.reject(error)
    }
    inFlight--
    sendQueued()
  }

  function sendQueued(): void {
    refuseStale()
    while (inFlight < maxInFlight && queue.length > 0) {
      inFlight++
      void sendBatch(queue.splice(0, maxInputs))
    }
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
      queue.push({ input, since: performance.now(), resolve, reject })
      // Calls of one turn of the event loop share a trip.
      if (inFlight < maxInFlight) queueMicrotask(sendQueued)
    })
}
