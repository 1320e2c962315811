import type { CommittedEvent } from '@goals-tasks/events'
import { newGoal } from '@goals-tasks/events/testing'
import type pg from 'pg'
import { createCommit } from '../../src/changes/commit.ts'
import { committedOf } from './committed-of.ts'

/** Commits a goal and returns its event, which has the correlation id `request-1`. */
export async function commitGoal(pool: pg.Pool): Promise<CommittedEvent> {
  const values = newGoal()
  const metadata = { types: ['goal:created'], actorId: values.userId, correlationId: 'request-1' } as const
  const committed = committedOf(await createCommit(pool, () => undefined).createGoal({ values, metadata }))
  const [event] = committed.events
  if (!event) throw new Error('the goal was not committed')
  return event
}

/** Commits goals one after the other. @returns the ids of their events, in that order */
export async function commitGoals(pool: pg.Pool, count: number): Promise<string[]> {
  const ids: string[] = []
  for (let i = 0; i < count; i++) ids.push((await commitGoal(pool)).id)
  return ids
}

export const emptyTables = (pool: pg.Pool) =>
  pool.query('truncate goals, tasks, events, event_readers, deliveries, dead_letters cascade')
