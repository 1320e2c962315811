type Waiting<I, O> = { input: I; since: number; resolve: (output: O) => void; reject: (error: unknown) => void }
type Limits = { maxInFlight: number; maxInputs: number; maxQueued: number; maxWaitMs: number }

/** A call was refused before anything of it was sent: it may be repeated later. */
export class Overloaded extends Error {
  override name = 'Overloaded'
}

/**
 * Lets calls that come while others are under way share a round trip. No timer: an idle system sends a call at once and
 * alone; under load everything that queued meanwhile goes along, up to `maxInputs`, with at most `maxInFlight` trips at a time.
 * `send` gives one output per input, in their order; what it throws fails every call of that trip.
 * @throws Overloaded when `maxQueued` calls are waiting, or when a call has waited `maxWaitMs` without being sent
 */
export function createNaturalBatch<I, O>(
  send: (inputs: readonly I[]) => Promise<readonly O[]>,
  { maxInFlight, maxInputs, maxQueued, maxWaitMs }: Limits,
): (input: I) => Promise<O> {
  const queue: Waiting<I, O>[] = []
  let inFlight = 0

  async function trip(taken: readonly Waiting<I, O>[]): Promise<void> {
    try {
      const outputs = await send(taken.map((waiting) => waiting.input))
      for (const [i, waiting] of taken.entries()) waiting.resolve(outputs[i] as O)
    } catch (error) {
      for (const waiting of taken) waiting.reject(error)
    }
    inFlight--
    pump()
  }

  function pump(): void {
    refuseStale()
    while (inFlight < maxInFlight && queue.length > 0) {
      inFlight++
      void trip(queue.splice(0, maxInputs))
    }
  }

  /** Whoever asked has probably gone, and must not find done later what seemed to have failed. */
  function refuseStale(): void {
    const oldest = performance.now() - maxWaitMs
    const fresh = queue.findIndex((waiting) => waiting.since > oldest)
    const stale = queue.splice(0, fresh === -1 ? queue.length : fresh)
    for (const { reject } of stale) reject(new Overloaded(`not sent within ${maxWaitMs} ms`))
  }

  return (input) =>
    new Promise<O>((resolve, reject) => {
      // When nothing comes back, this is the only place that is still reached.
      refuseStale()
      if (queue.length >= maxQueued) return reject(new Overloaded(`${maxQueued} calls are waiting`))
      queue.push({ input, since: performance.now(), resolve, reject })
      // Calls of the same turn of the event loop go together.
      if (inFlight < maxInFlight) queueMicrotask(pump)
    })
}
