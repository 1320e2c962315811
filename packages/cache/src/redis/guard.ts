import { CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen } from 'cockatiel'
import { ReplyError } from 'ioredis'

export type Guard = ReturnType<typeof createGuard>
export type BreakerState = 'closed' | 'open' | 'half-open'

/**
 * Creates a guard that limits each piece of work on Redis to `budgetMs`. Five failures in a row open its breaker: for
 * `breakerOpenMs` it refuses work without calling Redis, then it lets one call through as a test. An error reply of
 * Redis proves that Redis answers, so it does not count as a failure.
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

function within<T>(budgetMs: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = () => reject(new Error(`Redis did not answer within ${budgetMs} ms`))
    // If this process itself was busy for that long, the reply may wait in the socket: two more turns read it.
    const timer = setTimeout(() => setImmediate(() => setImmediate(fail)), budgetMs)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
