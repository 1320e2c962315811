import { setTimeout as sleep } from 'node:timers/promises'
import { commitWithin, inTransaction } from '@goals-tasks/db'
import { newGoal } from '@goals-tasks/events/testing'
import type pg from 'pg'
import type { Random } from './random.ts'

export type User = { id: string; token: string }
type Entity = { id: string; goalId: string }

/** The number of writes that an API has acknowledged, which paces the slow transactions and the kills. */
type Progress = { written: number }

export type Writer = {
  user: User
  users: readonly User[]
  urls: readonly string[]
  random: Random
  progress: Progress
}

/** Sends a write to any API. @returns the entity, and the id of the event */
export async function send(
  { user, urls, random }: Writer,
  [method, path]: [method: string, path: string],
  body: object,
): Promise<{ entity: Entity; eventId: string }> {
  const response = await fetch(random.pick(urls) + path, {
    method,
    headers: { authorization: `Bearer ${user.token}`, 'content-type': 'application/json', 'if-match': '*' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${method} ${path} was answered with ${response.status}`)
  return { entity: (await response.json()) as Entity, eventId: response.headers.get('event-id') ?? '' }
}

/** Writes goals and tasks over the API, until it has acknowledged `count` of the writes. */
export async function writeFast(writer: Writer, count: number): Promise<void> {
  const { users, random, progress } = writer
  const goals: string[] = []
  const tasks: string[] = []
  const create = async (path: string, body: object) => (await send(writer, ['POST', path], body)).entity.id
  const change = (body: object) => send(writer, ['PATCH', `/v1/tasks/${random.pick(tasks)}`], body)
  /** Assigns a task to any user or to none, so that readers gain and lose it. */
  const assignment = () => ({ assignedTo: random.below(4) === 0 ? null : random.pick(users).id })

  async function write(): Promise<void> {
    const kind = random.below(10)
    if (goals.length === 0 || kind === 0) goals.push(await create('/v1/goals', { title: 'Fast' }))
    else if (tasks.length === 0 || kind < 4)
      tasks.push(await create(`/v1/goals/${random.pick(goals)}/tasks`, { title: 'Fast', ...assignment() }))
    else await change(kind < 7 ? assignment() : { title: `Fast ${random.below(1_000_000)}` })
  }

  for (let written = 0; written < count; ) {
    // A killed API sends no response, and its write may have committed or not.
    const isWritten = await write().then(
      () => true,
      () => false,
    )
    if (!isWritten) await sleep(random.below(200))
    written += Number(isWritten)
    progress.written += Number(isWritten)
  }
}

/**
 * Creates a goal of a user in a transaction that stays open until `held` resolves. Its event gets no hint. The sessions
 * of `pool` have no time limits.
 */
export const writeSlowly = (pool: pg.Pool, userId: string, held: () => Promise<unknown>): Promise<unknown> =>
  inTransaction(
    pool,
    () => undefined,
    async (tx) => {
      await commitWithin(tx).createGoal({
        values: newGoal({ userId }),
        metadata: { types: ['goal:created'], actorId: userId },
      })
      await held()
    },
  )
