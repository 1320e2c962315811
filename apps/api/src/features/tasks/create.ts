import { randomUUID } from 'node:crypto'
import { type Committed, createDependentTaskIn, lockGoals, lockTasks } from '@goals-tasks/db'
import { type EventType, taskDefaults } from '@goals-tasks/events'
import { unavailable } from '@goals-tasks/http'
import type { Deps } from '../../deps.ts'
import { type Actor, eventMetadata } from '../../resource/actor.ts'
import { checkFreeForm } from '../../resource/free-form.ts'
import type { EntityText } from '../../resource/optimistic-change.ts'
import { checkGoalAcceptsTasks, goalFull, hasRoom } from './capacity.ts'
import { normalize } from './normalize.ts'
import { checkUsableBlockers, loadBlockers } from './relations.ts'
import { checkDue } from './rules.ts'
import type { NewTask } from './schemas.ts'

const maxTries = 3

/** Creates a task in an open goal of the actor. Its status is BLOCKED when a blocker is open, else TODO. */
export async function createTask(
  deps: Deps,
  actor: Actor,
  goalId: string,
  input: NewTask,
): Promise<EntityText & { id: string }> {
  const { dependencies, ...fields } = { ...taskDefaults, ...normalize(input) }
  const values = { ...fields, id: randomUUID(), goalId, userId: actor.id }
  checkFreeForm(values)
  checkDue(values)
  if (!(await hasRoom(deps.db, goalId))) {
    await checkGoalAcceptsTasks(deps, actor, goalId)
    throw goalFull()
  }
  const types: EventType[] = values.assignedTo === null ? ['task:created'] : ['task:created', 'task:assigned']
  const change = { values, metadata: eventMetadata(actor, types) }
  const write = () =>
    dependencies.length === 0
      ? createIndependent(deps, actor, change)
      : createDependent(deps, actor, change, { dependencies, named: input.dependencies ?? [] })
  for (let tries = 1; tries <= maxTries; tries++) {
    const committed = await write()
    if (committed) return { ...committed, id: values.id }
    // When this does not throw, the goal was closed a moment ago and is open again.
    await checkGoalAcceptsTasks(deps, actor, goalId)
  }
  throw unavailable('The goal was being changed. Try again.')
}

type Creation = Parameters<Deps['commit']['createTask']>[0]

/** Creates a task without blockers. Waits in a transaction when another one has locked the goal. */
async function createIndependent(deps: Deps, actor: Actor, change: Creation): Promise<Committed | null> {
  const outcome = await deps.commit.createTask(change)
  if (outcome !== 'locked') return outcome
  const { goalId } = change.values
  return deps.transaction({ actorId: actor.id, goalId }, (tx) => tx.commit.createTask(change))
}

/** Creates a task with blockers. A task that does not exist yet has no dependents, so no cycle can close. */
function createDependent(
  deps: Deps,
  actor: Actor,
  { values, metadata }: Creation,
  { dependencies, named }: { dependencies: string[]; named: readonly string[] },
) {
  const { goalId } = values
  return deps.transaction({ actorId: actor.id, goalId }, async (tx) => {
    await lockGoals(tx.db, [goalId])
    await checkGoalAcceptsTasks(tx, actor, goalId)
    await lockTasks(tx.db, async () => dependencies)
    const blockers = await loadBlockers(tx, actor, dependencies)
    checkUsableBlockers(named, dependencies, blockers)
    const state = blockers.some((blocker) => blocker.open)
      ? { status: 'BLOCKED' as const, blockKind: 'DEPENDENCY' as const, blockedFrom: 'TODO' as const }
      : { status: 'TODO' as const, blockKind: null, blockedFrom: null }
    return createDependentTaskIn(tx.db, { values: { ...values, dependencies, ...state }, metadata })
  })
}
