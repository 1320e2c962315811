import { type SQL, sql } from 'drizzle-orm'
import { PgDialect } from 'drizzle-orm/pg-core'
import { expect } from 'vitest'
import type { Executor } from '../../src/index.ts'
import { goalJson, taskJson } from '../../src/reads/representation.ts'

const open = `('TODO', 'IN_PROGRESS', 'BLOCKED')`
const hasOpenBlocker = `exists (
  select from task_dependencies edge join tasks blocker on blocker.id = edge.depends_on_id
  where edge.task_id = tasks.id and blocker.deleted_at is null and blocker.status in ${open})`
const text = (query: SQL) => new PgDialect().sqlToQuery(query).sql
const rows = text(sql`(select id, ${goalJson('goals')}::jsonb as state, version from goals
                       union all select id, ${taskJson('tasks')}::jsonb, version from tasks)`)

/** Violations of the invariants. Each query returns the ids of the rows that violate one. */
const violations: Record<string, string> = {
  'the dependencies of a task differ from its edges': `
    select id from tasks
    where (select coalesce(array_agg(d order by d), '{}') from jsonb_array_elements_text(dependencies) d)
      <> (select coalesce(array_agg(depends_on_id::text order by depends_on_id::text), '{}')
          from task_dependencies where task_id = tasks.id)`,
  'dependents_count differs from the number of edges': `
    select id from tasks
    where dependents_count <> (select count(*) from task_dependencies where depends_on_id = tasks.id)`,
  'a task can be worked on although it has an open blocker': `
    select id from tasks where deleted_at is null and status in ('TODO', 'IN_PROGRESS') and ${hasOpenBlocker}`,
  'a task is blocked although it has no open blocker': `
    select id from tasks where deleted_at is null and block_kind = 'DEPENDENCY' and not ${hasOpenBlocker}`,
  'a live task belongs to a deleted goal': `
    select tasks.id from tasks join goals on goals.id = goal_id
    where tasks.deleted_at is null and goals.deleted_at is not null`,
  'a task has another owner than its goal': `
    select tasks.id from tasks join goals on goals.id = goal_id where owner_id <> goals.user_id`,
  'a task depends on itself': `
    with recursive live as (
      select task_id, depends_on_id from task_dependencies
      join tasks a on a.id = task_id join tasks b on b.id = depends_on_id
      where a.deleted_at is null and b.deleted_at is null
    ), reached as (
      select * from live
      union select reached.task_id, live.depends_on_id from reached join live on live.task_id = reached.depends_on_id
    )
    select task_id as id from reached where task_id = depends_on_id`,
  'a version does not have exactly one primary event': `
    select id from ${rows} entity where array(select generate_series(1, version)) <> array(
      select aggregate_version from events where aggregate_id = entity.id and ordinal = 0 order by aggregate_version)`,
  'the state before a version differs from the state after the previous one': `
    select aggregate_id as id from (
      select aggregate_id, after::jsonb || before::jsonb as before,
             lag(after::jsonb) over (partition by aggregate_id order by aggregate_version) as previous
      from events where ordinal = 0) e where before is distinct from previous`,
  'the last event differs from the row': `
    select id from ${rows} entity where state <> (
      select after::jsonb from events
      where aggregate_id = entity.id and ordinal = 0 order by aggregate_version desc limit 1)`,
  'a completion does not have exactly one milestone event': `
    select aggregate_id as id from events group by aggregate_id
    having count(*) filter (where type like '%:completed') <> count(*) filter (
      where ordinal = 0 and after->>'status' = 'COMPLETED' and before->>'status' <> 'COMPLETED')`,
}

/** Returns the states that no sequence of requests may lead to, in any interleaving, with their rows. */
export async function findViolations(db: Executor): Promise<string[]> {
  const found: string[] = []
  for (const [violation, query] of Object.entries(violations)) {
    const { rows } = await db.query(query)
    if (rows.length > 0) found.push(`${violation}: ${rows.map((row) => row.id).join(', ')}`)
  }
  return found
}

/** Fails the test when `findViolations` finds any. */
export async function expectInvariants(db: Executor): Promise<void> {
  expect(await findViolations(db)).toEqual([])
}
