import { answers, type Readiness } from '@goals-tasks/observability'

type Consumers = {
  /** Finds the consumers that no process runs. */
  findMissing: () => Promise<readonly string[]>
  /** Whether a missing consumer makes the status `unavailable`, else `degraded`. */
  isRequired: boolean
}

/**
 * Adds the check `consumers` to the readiness of `ops`. Where `ops` speaks for all processes, a consumer that runs
 * nowhere is an outage. Elsewhere `ops` stays reachable: its pages are needed most while a consumer is missing.
 */
export async function withConsumers(
  own: Promise<Readiness>,
  { findMissing, isRequired }: Consumers,
): Promise<Readiness> {
  const finding = findMissing()
  const [readiness, answered] = await Promise.all([own, answers(finding)])
  // Postgres is away, and the check of Postgres shows it.
  if (!answered) return readiness
  const missing = await finding
  if (missing.length === 0) return { ...readiness, checks: { ...readiness.checks, consumers: 'ok' } }
  const checks = { ...readiness.checks, consumers: `no process runs ${missing.join(', ')}` }
  return { status: isRequired || readiness.status === 'unavailable' ? 'unavailable' : 'degraded', checks }
}
