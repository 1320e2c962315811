import { answers, type Readiness } from './probes.ts'

/**
 * Resolves with null when a service takes reads and writes, and with the reason when it answers and refuses writes.
 * Rejects when the service does not answer.
 */
export type Check = () => Promise<string | null>
type Checks = Record<string, Check>

/**
 * Runs the checks of the services that a process uses. The process is `unavailable` without one of the `required`
 * services, `degraded` without one of the `optional` ones, else `ready`. The result of a check is `ok`, `away`, or the
 * reason why the service refuses writes.
 */
export async function checkReadiness(services: { required: Checks; optional?: Checks }): Promise<Readiness> {
  const [required, optional] = await Promise.all([runChecks(services.required), runChecks(services.optional ?? {})])
  const checks = { ...required, ...optional }
  if (!areOk(required)) return { status: 'unavailable', checks }
  return { status: areOk(optional) ? 'ready' : 'degraded', checks }
}

const areOk = (results: Record<string, string>) => Object.values(results).every((result) => result === 'ok')

async function runChecks(checks: Checks): Promise<Record<string, string>> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await resultOf(check())]),
  )
  return Object.fromEntries(results)
}

async function resultOf(running: ReturnType<Check>): Promise<string> {
  return (await answers(running)) ? ((await running) ?? 'ok') : 'away'
}
