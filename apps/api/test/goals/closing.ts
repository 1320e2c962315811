import type pg from 'pg'
import { expect } from 'vitest'
import type { Client } from '../support/client.ts'
import { blockedByDependency, manuallyBlocked, unblocked } from '../support/task-states.ts'

const open = { completed: false }
export const todo = { ...unblocked('TODO'), ...open }
export const started = { ...unblocked('IN_PROGRESS'), ...open }
export const cancelled = { ...unblocked('CANCELLED'), ...open }
export const completed = { ...unblocked('COMPLETED'), completed: true }
export const waiting = (blockedFrom: string) => ({ ...blockedByDependency(blockedFrom), ...open })
export const manual = (blockedFrom: string) => ({ ...manuallyBlocked(blockedFrom), ...open })

/** Sends verbs to a task, each of which must succeed. Returns the task. */
export async function applyVerbs(client: Client, taskId: string, ...verbs: string[]) {
  for (const verb of verbs) expect((await client.actOnTask(taskId, verb)).status, verb).toBe(200)
  return client.readTask(taskId)
}

export async function stateOf(client: Client, taskId: string) {
  const { status, blockKind, blockedFrom, completedAt } = await client.readTask(taskId)
  return { status, blockKind, blockedFrom, completed: completedAt !== null }
}

/** Returns the state of each task, by its name. */
export async function statesOf(client: Client, tasks: Record<string, string>) {
  const states = Object.entries(tasks).map(async ([name, id]) => [name, await stateOf(client, id)] as const)
  return Object.fromEntries(await Promise.all(states))
}

export const lastPosition = async (pool: pg.Pool): Promise<string> =>
  (await pool.query('select coalesce(max(position), 0) as now from events')).rows[0].now

type ClosingEvent = { id: string; type: string; version: number; reason: string | null; cascade: string | null }

/** Returns the events of all entities after a position, oldest first. */
export async function eventsSince(pool: pg.Pool, position: string): Promise<ClosingEvent[]> {
  const { rows } = await pool.query<ClosingEvent>(
    `select aggregate_id as id, type, aggregate_version as version, reason, cascade_id as cascade
     from events where position > $1 order by position`,
    [position],
  )
  return rows
}
