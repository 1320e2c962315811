import { executeOnce, type RunningProcess } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'
import type { Redis } from 'ioredis'
import type pg from 'pg'
import { type DoctorFinding, ok, problem } from './finding.ts'

/** The sweeper allows for clocks that differ by so much. */
export const maxClockSkewMs = 5_000

/** The Redis servers that answer, by the name that a finding shows. */
type Clocks = { pool: pg.Pool; redis: Record<string, Pick<Redis, 'time'>>; processes: readonly RunningProcess[] }

/** Compares the clocks of this host, of each Redis and of all processes with the one of Postgres. */
export async function checkClocks({ pool, redis, processes }: Clocks): Promise<DoctorFinding[]> {
  const postgresMs = async () => {
    const [row] = await executeOnce<{ ms: number }>(
      pool,
      sql`select extract(epoch from clock_timestamp())::float8 * 1000 as ms`,
    )
    return row?.ms ?? Number.NaN
  }
  const findings = [judge('clock: this host', await aheadOf(async () => Date.now(), postgresMs))]
  for (const [name, server] of Object.entries(redis))
    findings.push(
      judge(
        `clock: ${name}`,
        await aheadOf(async () => {
          const [seconds, microseconds] = await server.time()
          return Number(seconds) * 1_000 + Number(microseconds) / 1_000
        }, postgresMs),
      ),
    )
  for (const { role, host, pid, clockAheadMs } of processes)
    if (Math.abs(clockAheadMs) > maxClockSkewMs)
      findings.push(judge(`clock: ${role} on ${host}, process ${pid}`, clockAheadMs))
  return findings
}

/** Asks Postgres before and after, so that a slow answer does not look like a skew. */
async function aheadOf(other: () => Promise<number>, postgresMs: () => Promise<number>): Promise<number> {
  const before = await postgresMs()
  const value = await other()
  const after = await postgresMs()
  return value < before ? value - before : Math.max(0, value - after)
}

function judge(check: string, aheadMs: number): DoctorFinding {
  const fact = `${(aheadMs / 1_000).toFixed(1)} s ahead of Postgres`
  if (Math.abs(aheadMs) <= maxClockSkewMs) return ok(check, fact)
  return problem(check, fact, 'let an NTP service set the clocks of all hosts')
}
