import pMap from 'p-map'
import type { Client } from './client.ts'

/** The metadata of a goal while a load creates its tasks. */
export const unfinished = { loading: true }

type FoundGoal = { id: string; owner: string; unfinished: boolean }
/** The goals and tasks of a file that exist, by external id. */
export type Found = { goals: Map<string, FoundGoal>; tasks: Map<string, { id: string; status: string }> }

/**
 * Finds the goals with these external ids that earlier loads made for the owners, deleted ones as well. A goal is
 * unfinished when its load was interrupted and its owner has neither closed nor deleted it since.
 */
export async function findGoals(
  call: Client,
  owners: readonly string[],
  { externalIds, concurrency }: { externalIds: ReadonlySet<string>; concurrency: number },
): Promise<Found['goals']> {
  const goals: Found['goals'] = new Map()
  const findOf = async (owner: string) => {
    for (const { id, status, deletedAt, metadata } of await listAll(call, owner, '/v1/goals')) {
      const { externalId, loading } = metadata
      if (typeof externalId === 'string' && externalIds.has(externalId))
        goals.set(externalId, { id, owner, unfinished: loading === true && status === 'ACTIVE' && deletedAt === null })
    }
  }
  await pMap(owners, findOf, { concurrency })
  return goals
}

/** Finds the tasks that earlier loads made in these goals, deleted ones as well. */
export async function findTasks(call: Client, goals: Found['goals'], concurrency: number): Promise<Found['tasks']> {
  const tasks: Found['tasks'] = new Map()
  const findOf = async ({ id: goalId, owner }: FoundGoal) => {
    for (const { id, status, metadata } of await listAll(call, owner, `/v1/goals/${goalId}/tasks`))
      if (typeof metadata.externalId === 'string') tasks.set(metadata.externalId, { id, status })
  }
  await pMap(goals.values(), findOf, { concurrency })
  return tasks
}

type Listed = { id: string; status: string; deletedAt: string | null; metadata: Record<string, unknown> }
type Page = { data: Listed[]; page: { nextCursor: string | null } }

async function listAll(call: Client, userId: string, path: string): Promise<Listed[]> {
  const found: Listed[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query = new URLSearchParams({ deleted: 'include', limit: '200', ...(cursor && { cursor }) })
    const { data, page }: Page = await call<Page>(userId, 'GET', `${path}?${query}`)
    found.push(...data)
    cursor = page.nextCursor
  }
  return found
}
