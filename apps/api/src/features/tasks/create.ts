import { randomUUID } from 'node:crypto'
import { createDependentTaskIn, goalReadable, lockGoals, lockTasks, prepareStatement } from '@goals-tasks/db'
import type { EventType } from '@goals-tasks/events'
import { forbidden, notFound, Problem, unavailable } from '@goals-tasks/http'
import { sql } from 'drizzle-orm'
import { announcementBy, type Caller, type Deps, principalOf } from '../../deps.ts'
import { checkFreeForm } from '../../resource/free-form.ts'
import type { Answer } from '../../resource/optimistic-change.ts'
import { loadBlockers, refuseUnusable } from './blockers.ts'
import { goalFull, hasRoom } from './capacity.ts'
import { checkDue } from './due.ts'
import { canonical } from './normalize.ts'
import type { NewTask } from './schemas.ts'

/** A task of which nothing but the title was said. */
const unset = {
  ...{ description: null, assignedTo: null, priority: 'MEDIUM' as const, dueDate: null, dueAt: null, dueZone: null },
  ...{ estimatedHours: null, actualHours: null, tags: [] as string[], metadata: {} },
}

/** Creates a task in an open goal of the caller's: BLOCKED when something that it depends on is open, else TODO. */
export async function createTask(
  deps: Deps,
  caller: Caller,
  goalId: string,
  input: NewTask,
): Promise<Answer & { id: string }> {
  const { dependencies = [], ...fields } = canonical(input)
  const values = { ...unset, ...fields, id: randomUUID(), goalId, userId: caller.id }
  checkFreeForm(values)
  checkDue(values)
  if (!(await hasRoom(deps.db, goalId))) throw (await whyNoTask(deps, caller, goalId)) ?? goalFull()
  const types: EventType[] = values.assignedTo === null ? ['task:created'] : ['task:created', 'task:assigned']
  const change = { by: caller, values, announcement: announcementBy(caller, types) }
  const committed =
    dependencies.length === 0
      ? await deps.commit.createTask(change)
      : await createDependent(
          deps,
          caller,
          { ...change, values: { ...values, dependencies } },
          input.dependencies ?? [],
        )
  if (!committed) throw (await whyNoTask(deps, caller, goalId)) ?? contended()
  await deps.publish(committed.events)
  return { ...committed, id: values.id }
}

type Creation = Parameters<Deps['commit']['createTask']>[0]

/** Nobody can wait for a task that is not there yet, so no cycle can close. */
function createDependent(
  { transaction }: Deps,
  caller: Caller,
  change: Omit<Creation, 'values'> & { values: Creation['values'] & { dependencies: string[] } },
  named: readonly string[],
) {
  const { goalId, dependencies } = change.values
  return transaction(async (tx) => {
    await lockGoals(tx, [goalId])
    const problem = await whyNoTask({ db: tx }, caller, goalId)
    if (problem) throw problem
    await lockTasks(tx, async () => dependencies)
    const blockers = await loadBlockers(tx, caller, dependencies)
    refuseUnusable(named, dependencies, blockers)
    const state = blockers.some((blocker) => blocker.open)
      ? { status: 'BLOCKED' as const, blockKind: 'DEPENDENCY' as const, blockedFrom: 'TODO' as const }
      : { status: 'TODO' as const, blockKind: null, blockedFrom: null }
    return createDependentTaskIn(tx, { ...change, values: { ...change.values, ...state } })
  })
}

const goalState = prepareStatement<{ open: boolean; deleted: boolean; owned: boolean }>(
  'goal_state',
  sql`select status in ('ACTIVE', 'ON_HOLD') as open, deleted_at is not null as deleted, user_id = ${sql.placeholder('principalId')}::uuid as owned
      from goals where id = ${sql.placeholder('goalId')}::uuid and ${goalReadable}`,
)

/** Why the caller cannot put a task into the goal; null when they can. */
export async function whyNoTask({ db }: Pick<Deps, 'db'>, caller: Caller, goalId: string): Promise<Problem | null> {
  const [goal] = await goalState(db, { goalId, ...principalOf(caller) })
  if (!goal) return notFound('goal')
  if (!goal.owned && !caller.admin) return forbidden('Only its owner may put tasks into a goal.')
  if (goal.deleted) return new Problem('goal-deleted', 'The goal is deleted: restore it first.')
  return goal.open ? null : new Problem('goal-closed', 'The goal is closed: reopen it first.')
}

/** It was closed a moment ago, and is open again. */
const contended = () => unavailable('The goal was being changed; try again.')
