type Waiting<I, O> = { input: I; resolve: (output: O) => void; reject: (error: unknown) => void }

/**
 * Lets calls that come while others are under way share a round trip. No timer: an idle system sends a call at once and
 * alone; under load everything that queued meanwhile goes along, up to `maxInputs`, with at most `maxInFlight` trips at a time.
 * `send` gives one output per input, in their order; what it throws fails every call of that trip.
 */
export function createNaturalBatch<I, O>(
  send: (inputs: readonly I[]) => Promise<readonly O[]>,
  { maxInFlight, maxInputs }: { maxInFlight: number; maxInputs: number },
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
    while (inFlight < maxInFlight && queue.length > 0) {
      inFlight++
      void trip(queue.splice(0, maxInputs))
    }
  }

  return (input) =>
    new Promise<O>((resolve, reject) => {
      queue.push({ input, resolve, reject })
      // Calls of the same turn of the event loop go together.
      if (inFlight < maxInFlight) queueMicrotask(pump)
    })
}
