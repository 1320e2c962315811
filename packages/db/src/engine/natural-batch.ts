import { currentOrigin, type Origin, runFor } from '@goals-tasks/tracing'
import { Overloaded } from './overloaded.ts'
import type { Waits } from './waits.ts'

type Waiting<I, O> = {
  input: I
  since: number
  origin: Origin
  /** Absent while an earlier call with the same key has not ended. */
  wait?: ReturnType<Waits['begin']>
  resolve: (output: O) => void
  reject: (error: unknown) => void
}
type Limits = { maxInFlight: number; maxInputs: number; maxQueued: number; maxWaitMs: number }
type Options<I> = { keyOf?: (input: I) => string; waits?: Waits }

/**
 * Returns a function whose concurrent calls share round trips: a natural batch. There is no timer. An idle system sends
 * the calls of one turn of the event loop when the turn ends. While `maxInFlight` trips are in flight, further calls
 * queue. The next trip takes all queued calls, up to `maxInputs`. `send` returns one output per input, in their order.
 * An error of `send` fails every call of its trip. A trace links a shared trip to the spans of its calls. With `keyOf`,
 * a call joins the queue when the call with the same key before it has ended, so a key is in at most one trip at a
 * time, and once. `waits` records the time in the queue.
 * @throws Overloaded when `maxQueued` calls are waiting, or when a call was not sent within `maxWaitMs`
 */
export function createNaturalBatch<I, O>(
  send: (inputs: readonly I[]) => Promise<readonly O[]>,
  { maxInFlight, maxInputs, maxQueued, maxWaitMs }: Limits,
  { keyOf, waits }: Options<I> = {},
): (input: I) => Promise<O> {
  const queue: Waiting<I, O>[] = []
  /** By the key of a queued call or of one in flight: the later calls with this key. */
  const followers = new Map<string, Waiting<I, O>[]>()
  let followersCount = 0
  let inFlight = 0
  let isScheduled = false

  async function sendBatch(batch: readonly Waiting<I, O>[]): Promise<void> {
    try {
      const origins = batch.map((waiting) => waiting.origin)
      const outputs = await runFor(origins, () => send(batch.map((waiting) => waiting.input)))
      for (const [i, waiting] of batch.entries()) waiting.resolve(outputs[i] as O)
    } catch (error) {
      for (const waiting of batch) waiting.reject(error)
    }
    inFlight--
    if (keyOf) for (const { input } of batch) promoteFollower(keyOf(input))
    scheduleSend()
  }

  /**
   * Sends at the end of this turn of the event loop. A microtask would run after the first socket of the turn, so the
   * call of one request would go alone, ahead of those of the other sockets that were ready as well.
   */
  function scheduleSend(): void {
    if (isScheduled || inFlight >= maxInFlight) return
    isScheduled = true
    setImmediate(sendQueued)
  }

  function sendQueued(): void {
    isScheduled = false
    while (inFlight < maxInFlight) {
      const batch = takeBatch()
      if (batch.length === 0) return
      inFlight++
      void sendBatch(batch)
    }
  }

  function takeBatch(): Waiting<I, O>[] {
    const batch: Waiting<I, O>[] = []
    while (batch.length < maxInputs) {
      refuseStale()
      const next = takeOldest()
      if (!next) break
      batch.push(next)
    }
    return batch
  }

  function takeOldest(): Waiting<I, O> | undefined {
    const oldest = queue.shift()
    if (oldest?.wait) waits?.end(oldest.wait)
    return oldest
  }

  function enqueue(waiting: Waiting<I, O>): void {
    if (waits) waiting.wait = waits.begin()
    queue.push(waiting)
  }

  function promoteFollower(key: string): void {
    const next = followers.get(key)?.shift()
    if (!next) return void followers.delete(key)
    followersCount--
    enqueue(next)
  }

  /** Refuses calls that waited too long. Their callers have seen a timeout, so sending them now would surprise. */
  function refuseStale(): void {
    const oldest = performance.now() - maxWaitMs
    while (queue[0] && queue[0].since <= oldest) {
      const stale = takeOldest()
      stale?.reject(new Overloaded(`not sent within ${maxWaitMs} ms`))
      if (keyOf && stale) promoteFollower(keyOf(stale.input))
    }
  }

  /** Returns the calls that wait for the call with the same key, or undefined when there is none. */
  function followersOf(input: I): Waiting<I, O>[] | undefined {
    if (!keyOf) return undefined
    const key = keyOf(input)
    const line = followers.get(key)
    if (!line) followers.set(key, [])
    return line
  }

  return (input) =>
    new Promise<O>((resolve, reject) => {
      // While no trip returns, only a new call reaches this check.
      refuseStale()
      if (queue.length + followersCount >= maxQueued) return reject(new Overloaded(`${maxQueued} calls are waiting`))
      const waiting = { input, since: performance.now(), origin: currentOrigin(), resolve, reject }
      const line = followersOf(input)
      if (!line) enqueue(waiting)
      else {
        line.push(waiting)
        followersCount++
      }
      scheduleSend()
    })
}
