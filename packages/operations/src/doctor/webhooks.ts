import { type Executor, executeOnce } from '@goals-tasks/db'
import { createSealer } from '@goals-tasks/webhooks'
import { sql } from 'drizzle-orm'
import { loadSyncRunStatus } from '../status/sync-runs.ts'
import { resealSecrets } from '../webhooks/reseal-secrets.ts'
import { type DoctorFinding, ok, problem, unknown, warning } from './finding.ts'

/** Counts the webhooks by health, and checks that the keys open every secret. */
export async function checkWebhooks(db: Executor, secretsKeys: readonly Buffer[]): Promise<DoctorFinding[]> {
  const byHealth = await executeOnce<{ health: string; count: number }>(
    db,
    sql`select health, count(*)::int as count from webhooks where owner_id is not null group by health order by health`,
    'doctor_webhooks',
  )
  if (byHealth.length === 0) return [ok('webhooks: health', 'no user has a webhook')]
  return [checkHealth(byHealth), await checkSyncRuns(db), await checkKey(db, secretsKeys)]
}

function checkHealth(byHealth: readonly { health: string; count: number }[]): DoctorFinding {
  const counts = new Map(byHealth.map(({ health, count }) => [health, count]))
  const [suspended = 0, healthy = 0] = [counts.get('suspended'), counts.get('healthy')]
  const fact = byHealth.map(({ health, count }) => `${count} ${health}`).join(', ')
  if (suspended <= healthy) return ok('webhooks: health', fact)
  return warning('webhooks: health', fact, 'check that the workers reach the internet, and its resolver of names')
}

async function checkSyncRuns(db: Executor): Promise<DoctorFinding> {
  const check = 'webhooks: sync runs'
  const { pending, running, stuck } = await loadSyncRunStatus(db)
  const active = pending + running
  if (stuck === 0) return ok(check, active === 0 ? 'no run is active' : `${active} active`)
  return warning(
    check,
    `${stuck} of ${active} active runs have no delivery, so no worker goes on with them`,
    'replay the dead letters of type sync:triggered, or let the owners cancel the runs',
  )
}

async function checkKey(db: Executor, secretsKeys: readonly Buffer[]): Promise<DoctorFinding> {
  const check = 'webhooks: SECRETS_KEY'
  if (secretsKeys.length === 0) return unknown(check, 'it is not set here', 'run doctor with the key of the processes')
  const { webhooks, resealed, unreadable } = await resealSecrets(db, createSealer(secretsKeys), { dryRun: true })
  if (unreadable > 0)
    return problem(
      check,
      `it does not open the secrets of ${unreadable} of ${webhooks} webhooks`,
      'add the key that encrypted them behind the first one, or let their owners rotate them',
    )
  if (resealed === 0) return ok(check, `it opens the secrets of ${webhooks} webhooks`)
  return warning(check, `${resealed} of ${webhooks} webhooks use an old key`, 'run `npm run webhooks -- rotate-key`')
}
