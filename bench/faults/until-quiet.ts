import { setTimeout as sleep } from 'node:timers/promises'
import type { Environment } from './environment/environment.ts'

/** `since` is when the last fault ended, on the clock of `performance.now()`. */
type Options = { since: number; boundMs: number; endsLeases: boolean }

/** In the quick half, leases end so early. Only their length differs from half a minute of waiting. */
const quickLeaseMs = 6_000

/**
 * Returns the milliseconds from the last fault until no delivery is left. With `endsLeases` it ends the leases of the
 * deliveries that are left after a few seconds, as half a minute would.
 * @throws Error that counts the deliveries left at the bound
 */
export async function untilQuiet({ pool }: Environment, { since, boundMs, endsLeases }: Options): Promise<number> {
  const elapsedMs = () => performance.now() - since
  for (let areEnded = !endsLeases; ; await sleep(100)) {
    const { rows } = await pool.query<{ consumer: string; left: number }>(
      'select consumer, count(*)::int as left from deliveries group by consumer',
    )
    if (rows.length === 0) return elapsedMs()
    if (elapsedMs() > boundMs) {
      const left = rows.map((row) => `${row.left} of ${row.consumer}`).join(', ')
      throw new Error(`deliveries are left ${boundMs / 1_000} s after the fault: ${left}`)
    }
    if (!areEnded && elapsedMs() > quickLeaseMs) {
      areEnded = true
      // The lock waits for the transactions of the workers: an update of all rows beside them could end in a deadlock.
      await pool.query('lock table deliveries in share row exclusive mode; update deliveries set due_at = now()')
    }
  }
}
