import { until } from '@goals-tasks/devstack/testing'
import type pg from 'pg'
import { expect } from 'vitest'
import { loadProgress } from '../../src/features/goals/progress.ts'
import { taskWith, test } from '../support/goals-with-tasks.ts'

/**
 * Vacuums the tasks, and returns whether their pages are marked as visible to all. A snapshot older than the rows, such
 * as that of an autoanalyze, prevents it. Vacuum leaves up to 2 % of the pages when they alone have dead rows.
 */
async function isVisibleToAllAfterVacuum(client: pg.PoolClient): Promise<boolean> {
  await client.query('vacuum analyze tasks')
  const { rows } = await client.query(
    `select relallvisible > 0.95 * relpages as "isVisible" from pg_class where oid = 'tasks'::regclass`,
  )
  return rows[0].isVisible
}

test('progress is read from its index alone when there are many tasks', async ({ api, createGoalWith }) => {
  const statuses = ['TODO', 'COMPLETED', 'CANCELLED', 'IN_PROGRESS'] as const
  const many = Array.from({ length: 3_000 }, (_, i) =>
    taskWith(statuses[i % 4] ?? 'TODO', i % 3 === 0 ? null : i / 100),
  )
  const ids = [await createGoalWith(many), await createGoalWith(many.slice(0, 10)), await createGoalWith([])]
  const client = await api.pool.connect()
  const plans: string[] = []
  const collect = (notice: { message?: string | undefined }) => plans.push(notice.message ?? '')
  client.on('notice', collect)
  try {
    // Other goals have tasks too: Postgres scans a table that belongs to one goal as a whole. Vacuum marks only flushed
    // rows as visible to all, and these servers flush commits later unless synchronous_commit is on.
    await client.query('set synchronous_commit = on')
    await client.query(
      `with other as (
         insert into goals (user_id, title) select gen_random_uuid(), 'Other' from generate_series(1, 200)
         returning id, user_id)
       insert into tasks (goal_id, owner_id, user_id, title)
       select id, user_id, user_id, 'Task' from other, generate_series(1, 100)`,
    )
    await until(() => isVisibleToAllAfterVacuum(client))
    await client.query(`load 'auto_explain'`)
    await client.query(
      `set auto_explain.log_min_duration = 0; set auto_explain.log_analyze = on; set auto_explain.log_format = json`,
    )
    await client.query(`set client_min_messages = log`)
    // A plan for these values, and a plan for any.
    for (const mode of ['force_custom_plan', 'force_generic_plan']) {
      await client.query(`set plan_cache_mode = ${mode}`)
      plans.length = 0
      await loadProgress(client, ids, 'ESTIMATED_HOURS')
      const scans = scansOf(JSON.parse(plans.at(-1)?.replace(/^[^{]*/, '') ?? '{}').Plan)
      expect(scans, mode).toEqual([{ type: 'Index Only Scan', index: 'tasks_progress' }])
    }
  } finally {
    client.removeListener('notice', collect)
    client.release(true)
  }
})

type Plan = {
  'Node Type': string
  'Index Name'?: string
  'Relation Name'?: string
  Plans?: Plan[]
}

/** Returns the scans of the plan, with their indexes. */
const scansOf = (plan: Plan): object[] => [
  ...(plan['Relation Name'] ? [{ type: plan['Node Type'], index: plan['Index Name'] }] : []),
  ...(plan.Plans ?? []).flatMap(scansOf),
]
