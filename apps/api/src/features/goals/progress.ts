import { type Executor, prepareStatement } from '@goals-tasks/db'
import { Nullable, stringEnum } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import Type, { type Static } from 'typebox'
import type { Deps } from '../../deps.ts'

const progressModes = ['TASK_COUNT', 'ESTIMATED_HOURS'] as const
const Mode = stringEnum(progressModes, {
  title: 'ProgressMode',
  description: 'Whether each task counts the same, or by its estimated hours.',
  examples: ['TASK_COUNT'],
})
/** The query parameter that chooses the mode. */
export const ProgressMode = Type.Optional(
  Type.Unsafe<(typeof progressModes)[number]>({ ...Mode, default: 'TASK_COUNT' }),
)

export const Progress = Type.Object(
  {
    mode: Mode,
    percent: Nullable(Type.Integer(), {
      description: 'The completed part, rounded down. Null when the goal has no tasks that count.',
      examples: [33],
    }),
    tasks: Type.Integer({ description: 'The tasks that are neither deleted nor cancelled.', examples: [3] }),
    completed: Type.Integer({ description: 'The completed ones among them.', examples: [1] }),
    missingEstimates: Type.Integer({
      description: "The tasks without an estimate. By hours, each counts as the median of the goal's estimates.",
      examples: [0],
    }),
  },
  { title: 'Progress', description: 'The progress of a goal, computed from its tasks.' },
)
export type Progress = Static<typeof Progress>

/** Reads only the index `tasks_progress`. Without any estimate, or when all are 0, all tasks have the same weight. */
const progressOf = prepareStatement<Omit<Progress, 'mode'> & { goalId: string }>(
  'goals_progress',
  sql`with eligible as materialized (
        select goal_id, status, estimated_hours from tasks
        where goal_id = any(${sql.placeholder('goalIds')}::uuid[]) and deleted_at is null and status <> 'CANCELLED'
      ), medians as (
        select goal_id, coalesce(percentile_cont(0.5) within group (order by estimated_hours), 1)::numeric as median
        from eligible group by goal_id
      ), weighed as (
        select goal_id, status = 'COMPLETED' as done, estimated_hours,
               case when ${sql.placeholder('byHours')}::boolean
                 then coalesce(estimated_hours, median) else 1 end as weight
        from eligible join medians using (goal_id)
      )
      select goal_id as "goalId",
             floor(case when sum(weight) > 0 then 100 * coalesce(sum(weight) filter (where done), 0) / sum(weight)
                        else 100 * count(*) filter (where done) / count(*) end)::int as percent,
             count(*)::int as tasks, count(*) filter (where done)::int as completed,
             count(*) filter (where estimated_hours is null)::int as "missingEstimates"
      from weighed group by goal_id`,
)

/** Reads the progress of a goal through the cache, which keeps it until a task of the goal changes. */
export async function readProgress({ db, cache }: Deps, goalId: string, mode: Progress['mode']): Promise<Progress> {
  const query = { groups: [`tasks:goal:${goalId}`], variant: `progress ${mode}`, holder: goalId } as const
  const { text } = await cache.readList(query, async () => ({
    text: JSON.stringify((await loadProgress(db, [goalId], mode)).get(goalId)),
    tag: '',
    next: null,
  }))
  return JSON.parse(text)
}

/** Computes the progress of goals from their tasks. It is stored nowhere, so it cannot drift. */
export async function loadProgress(
  db: Executor,
  goalIds: readonly string[],
  mode: Progress['mode'],
): Promise<Map<string, Progress>> {
  const rows = await progressOf(db, { goalIds, byHours: mode === 'ESTIMATED_HOURS' })
  const found = new Map(rows.map(({ goalId, ...progress }) => [goalId, { mode, ...progress }]))
  const none = { mode, percent: null, tasks: 0, completed: 0, missingEstimates: 0 }
  return new Map(goalIds.map((id) => [id, found.get(id) ?? none]))
}
