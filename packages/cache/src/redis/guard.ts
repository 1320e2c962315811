import { CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen } from 'cockatiel'
import { ReplyError } from 'ioredis'

export type Guard = ReturnType<typeof createGuard>
export type BreakerState = 'closed' | 'open' | 'half-open'

/**
 * Creates a guard that limits each piece of work on Redis to `budgetMs`. The time in which this process itself is
 * busy does not count. Five failures in a row open its breaker: for `breakerOpenMs` it refuses work without calling
 * Redis, then it lets one call through as a test. An error reply of Redis proves that Redis answers, so it does not
 * count as a failure.
 */
export function createGuard({ budgetMs, breakerOpenMs }: { budgetMs: number; breakerOpenMs: number }) {
  const breaker = circuitBreaker(
    handleWhen((error) => !(error instanceof ReplyError)),
    { halfOpenAfter: breakerOpenMs, breaker: new ConsecutiveBreaker(5) },
  )

  /** Rejects when the work fails, takes too long or is refused. A command that was sent may still take effect later. */
  function run<T>(work: () => Promise<T>): Promise<T> {
    // A caller that waited for the test call as well would exceed its budget.
    if (breaker.state === CircuitState.HalfOpen)
      return Promise.reject(new Error('another call is testing whether Redis answers again'))
    return breaker.execute(() => within(budgetMs, work()))
  }

  return {
    run,
    /** Returns `fallback` where `run` would reject. */
    async runOr<T>(fallback: T, work: () => Promise<T>): Promise<T> {
      try {
        return await run(work)
      } catch {
        return fallback
      }
    },
    state: (): BreakerState => {
      if (breaker.state === CircuitState.Closed) return 'closed'
      return breaker.state === CircuitState.HalfOpen ? 'half-open' : 'open'
    },
  }
}

const slices = 5

/**
 * Waits in slices, so that a turn of the event loop uses up one slice at most, however long it takes. A process that
 * was busy may have sent the command late, and Redis is not to blame for that.
 */
function within<T>(budgetMs: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    let left = slices
    const fail = () => reject(new Error(`Redis did not answer within ${budgetMs} ms`))
    const endSlice = () => {
      left--
      if (left > 0) timer = setTimeout(endSlice, budgetMs / slices)
      // The reply may wait in the socket: two more turns read it.
      else setImmediate(() => setImmediate(fail))
    }
    let timer = setTimeout(endSlice, budgetMs / slices)
    work.then(
      (value) => {
        clearTimeout(timer)
        resolve(value)
      },
      (error) => {
        clearTimeout(timer)
        reject(error)
      },
    )
  })
}
