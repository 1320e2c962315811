import { Counter } from '@goals-tasks/observability'
import type pg from 'pg'
import pino from 'pino'
import { expect, test } from 'vitest'
import { runMaintenance } from '../src/runtime/recovery/maintenance.ts'
import { openPool } from './support/rows.ts'

const log = pino({ level: 'silent' })

/** Runs the maintenance once. @returns how many audit rows it deleted by its metric */
async function maintain(pool: pg.Pool, auditRetentionDays?: number) {
  const purged = new Counter({ name: 'purged', help: 'test', labelNames: ['entity'] as const, registers: [] })
  await runMaintenance({ pool, publish: () => undefined, retentionDays: 30, auditRetentionDays, purged, log })
  const { values } = await purged.get()
  return values.find(({ labels }) => labels.entity === 'audit-row')?.value
}

/** Writes one version per age, in days, of a goal that exists or is purged. @returns its id */
async function writeVersions(pool: pg.Pool, agesDays: readonly number[], { exists = true } = {}) {
  const { rows } = await pool.query<{ id: string }>(
    exists
      ? `insert into goals (user_id, title, version) values (gen_random_uuid(), 'a goal', $1) returning id`
      : 'select uuidv7() as id where $1 > 0',
    [agesDays.length],
  )
  const id = rows[0]?.id ?? ''
  await pool.query(
    `insert into goal_audit_log (goal_id, version, event_id, type, actor_id, after, occurred_at)
     select $1, version, uuidv7(), 'goal:updated', gen_random_uuid(), '{}', now() - make_interval(days => days)
     from unnest($2::int[]) with ordinality as a(days, version)`,
    [id, agesDays],
  )
  return id
}

async function versionsOf(pool: pg.Pool, id: string): Promise<number[]> {
  const { rows } = await pool.query('select version from goal_audit_log where goal_id = $1 order by version', [id])
  return rows.map(({ version }) => version)
}

test('old audit rows are deleted, except the newest old one of a goal that exists', async () => {
  const pool = await openPool(6)
  const [changed, quiet, purged, recent] = [
    await writeVersions(pool, [300, 200, 150, 20, 10]),
    await writeVersions(pool, [500]),
    await writeVersions(pool, [300, 200, 20], { exists: false }),
    await writeVersions(pool, [90, 1]),
  ]
  await maintain(pool)
  expect(await versionsOf(pool, changed)).toEqual([1, 2, 3, 4, 5])
  expect(await maintain(pool, 100)).toBe(4)
  expect(await versionsOf(pool, changed)).toEqual([3, 4, 5])
  expect(await versionsOf(pool, quiet)).toEqual([1])
  expect(await versionsOf(pool, purged)).toEqual([3])
  expect(await versionsOf(pool, recent)).toEqual([1, 2])
})

test('each old audit row is deleted once, whichever process is at work, and once per day', async () => {
  const pool = await openPool(6)
  // Four versions fill a block, so the table has more blocks than one batch deletes from.
  const wide = `insert into goal_audit_log (goal_id, version, event_id, type, actor_id, after, occurred_at)
     select uuidv7(), 1, uuidv7(), 'goal:updated', gen_random_uuid(),
            jsonb_build_object('a', (select string_agg(md5(n::text || i::text), '') from generate_series(1, 55) i)),
            now() - interval '1 year' from generate_series(1, $1::int) n`
  await pool.query(wide, [2600])
  const deleted = await Promise.all(Array.from({ length: 4 }, () => maintain(pool, 100)))
  expect(deleted.reduce<number>((sum, each) => sum + (each ?? 0), 0)).toBe(2600)
  await pool.query(wide, [1])
  expect(await maintain(pool, 100)).toBe(0)
  await pool.query(`update audit_retention set kept_since = kept_since - interval '1 day'`)
  expect(await maintain(pool, 100)).toBe(1)
})

test('the deletion continues at its block when a process ended before the last one', async () => {
  const pool = await openPool(2)
  const id = await writeVersions(pool, [300, 200, 20])
  await pool.query(`insert into audit_retention values ('goal', now() - interval '150 days', 1)`)
  expect(await maintain(pool, 250)).toBe(0)
  await pool.query(`update audit_retention set next_block = 0 where entity = 'goal'`)
  expect(await maintain(pool, 250)).toBe(1)
  expect(await versionsOf(pool, id)).toEqual([2, 3])
})
