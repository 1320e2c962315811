import { randomUUID } from 'node:crypto'
import { createCommit, type GoalState, type Outcome, type TaskState } from '@goals-tasks/db'
import { committedOf } from '@goals-tasks/db/testing'
import type { CommittedEvent, EventType, Goal, Task } from '@goals-tasks/events'
import type pg from 'pg'
import type { Installation } from './installation.ts'

export type Change<E> = { entity: E; events: readonly CommittedEvent[] }
type Options = { actorId?: string; correlationId?: string; extra?: readonly EventType[] }

/** Writes as the API does, but enqueues nothing: the test dispatches `events` itself. */
export function createWriter(pool: pg.Pool) {
  const commit = createCommit(pool, () => undefined)
  return {
    async goal(userId: string = randomUUID(), title = 'a goal'): Promise<Change<Goal>> {
      const values = { id: randomUUID(), userId, title, description: null, priority: 'LOW', targetDate: null } as const
      return parseCommitted(
        await commit.createGoal({
          values: { ...values, category: null, tags: [], metadata: {} },
          metadata: metadataOf('goal:created', userId, {}),
        }),
      )
    },
    async changeGoal(goal: Goal, change: Partial<GoalState>, options: Options = {}): Promise<Change<Goal>> {
      return parseCommitted(
        await commit.updateGoal({
          values: { ...goal, ...change },
          metadata: metadataOf('goal:updated', goal.userId, options),
        }),
      )
    },
    async task(
      goal: Goal,
      given: { assignedTo?: string; title?: string } = {},
      options: Options = {},
    ): Promise<Change<Task>> {
      return parseCommitted(
        await commit.createTask({
          values: {
            id: randomUUID(),
            goalId: goal.id,
            userId: goal.userId,
            assignedTo: given.assignedTo ?? null,
            title: given.title ?? 'a task',
            description: null,
            priority: 'LOW',
            dueDate: null,
            dueAt: null,
            dueZone: null,
            estimatedHours: null,
            actualHours: null,
            tags: [],
            metadata: {},
          },
          metadata: metadataOf('task:created', goal.userId, options),
        }),
      )
    },
    /** Moves the task in its event only, which is all that consumers read. */
    async moveTask(task: Task, to: Goal): Promise<Change<Task>> {
      const moved = await this.changeTask(task, { title: 'moved' })
      await pool.query(
        `update events set before = jsonb_set(before::jsonb, '{goalId}', to_jsonb($2::text))::json,
           after = jsonb_set(after::jsonb, '{goalId}', to_jsonb($3::text))::json where id = $1`,
        [moved.events[0]?.id, task.goalId, to.id],
      )
      return moved
    },
    async changeTask(task: Task, change: Partial<TaskState>, options: Options = {}): Promise<Change<Task>> {
      return parseCommitted(
        await commit.updateTask({
          values: { ...task, ...change, requireNoDependents: false },
          metadata: metadataOf('task:updated', task.ownerId, options),
        }),
      )
    },
  }
}

function metadataOf(type: EventType, ownerId: string, { actorId, correlationId, extra = [] }: Options) {
  return {
    types: [type, ...extra],
    actorId: actorId ?? ownerId,
    // Only an administrator changes rows of other users.
    asAdmin: actorId !== undefined && actorId !== ownerId,
    correlationId,
  }
}

function parseCommitted<E>(outcome: Outcome): Change<E> {
  const { text, events } = committedOf(outcome)
  return { entity: JSON.parse(text), events }
}

/** Creates goals and enqueues nothing. @returns their events */
export async function writeGoals({ pool }: Installation, count: number): Promise<CommittedEvent[]> {
  const write = createWriter(pool)
  const events: CommittedEvent[] = []
  for (let i = 0; i < count; i++) events.push(...(await write.goal()).events)
  return events
}
