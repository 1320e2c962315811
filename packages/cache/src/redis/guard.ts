import { CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen } from 'cockatiel'
import { ReplyError } from 'ioredis'

export type Guard = ReturnType<typeof createGuard>

/**
 * Lets work on Redis take `budgetMs` and no more. After five failures in a row nobody asks Redis for `restMs`; then one
 * call tries again. An answer of Redis that is an error is an answer: it opens nothing.
 */
export function createGuard({ budgetMs, restMs }: { budgetMs: number; restMs: number }) {
  const breaker = circuitBreaker(
    handleWhen((error) => !(error instanceof ReplyError)),
    { halfOpenAfter: restMs, breaker: new ConsecutiveBreaker(5) },
  )
  return {
    /** @throws when the work fails, takes too long, or is not even begun. What was sent may still land later. */
    run<T>(work: () => Promise<T>): Promise<T> {
      // Whoever waited for the outcome of the one that tries would exceed the budget.
      if (breaker.state === CircuitState.HalfOpen) return Promise.reject(new Error('Redis is being tried out'))
      return breaker.execute(() => within(budgetMs, work()))
    },
    state: (): 'closed' | 'open' | 'half-open' => {
      if (breaker.state === CircuitState.Closed) return 'closed'
      return breaker.state === CircuitState.HalfOpen ? 'half-open' : 'open'
    },
  }
}

function within<T>(budgetMs: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const tooLate = () => reject(new Error(`no answer from Redis within ${budgetMs} ms`))
    // When this process itself was busy for so long, the answer may lie in the socket: look there once more.
    const timer = setTimeout(() => setImmediate(() => setImmediate(tooLate)), budgetMs)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
