import { randomUUID } from 'node:crypto'
import { recordBeat } from '@goals-tasks/db'
import { type ConsumerName, consumerNames } from '@goals-tasks/events'
import type { Operations } from '@goals-tasks/operations/testing'
import { runCli } from './run-cli.ts'

type Environment = Record<string, string>
type Finding = { check: string; state: string; fact: string; fix: string | null }

/** Records a worker that serves the consumers. Its clock is `aheadMs` ahead of the one of this host. */
export async function recordWorker(
  { pool }: Pick<Operations, 'pool'>,
  consumers: readonly ConsumerName[] = consumerNames,
  { aheadMs = 0 } = {},
): Promise<void> {
  const id = randomUUID()
  await recordBeat(
    pool,
    {
      ...{ id, role: 'worker', consumers, version: '1.2.3', host: 'a-host', pid: 7, poolSize: 10 },
      startedAtMs: Date.now(),
    },
    Date.now() + aheadMs,
  )
  // A busy machine may take longer than the 30 s after which a process counts as dead.
  await pool.query(`update processes set beat_at = now() + interval '1 hour' where id = $1`, [id])
}

/** Runs `status`. Returns its exit code and its faults, or the reason why it has no result. */
export async function askStatus(environment: Environment): Promise<{ code: number | null; faults: string[] }> {
  const { code, stdout } = await runCli(environment, 'status', '--json')
  const { faults, error } = JSON.parse(stdout) as { faults?: string[]; error?: string }
  return { code, faults: faults ?? [error ?? ''] }
}

/** Runs `doctor`. Returns its exit code, and its findings that are not in order. */
export async function askDoctor(environment: Environment): Promise<{ code: number | null; findings: Finding[] }> {
  const { code, stdout } = await runCli(environment, 'doctor', '--json')
  const { findings } = JSON.parse(stdout) as { findings: Finding[] }
  return { code, findings: findings.filter(({ state }) => state !== 'ok') }
}
