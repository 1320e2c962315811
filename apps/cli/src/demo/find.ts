import type { Client } from './client.ts'
import { inLanes } from './lanes.ts'

/** Stands in a goal's metadata for as long as it is being loaded. */
export const unfinished = { loading: true }

type FoundGoal = { id: string; owner: string; unfinished: boolean }
/** What is there of a file, by external id. */
export type Found = { goals: Map<string, FoundGoal>; tasks: Map<string, { id: string; status: string }> }

/**
 * Which of the goals earlier loads made for these users, deleted ones too. Only those are unfinished whose load was cut short and
 * which nobody has closed or deleted since: all others are their owner's business.
 */
export async function findGoals(
  call: Client,
  owners: readonly string[],
  externalIds: ReadonlySet<string>,
  lanes: number,
): Promise<Found['goals']> {
  const goals: Found['goals'] = new Map()
  await inLanes(lanes, owners, async (owner) => {
    for (const { id, status, deletedAt, metadata } of await listAll(call, owner, '/v1/goals')) {
      const { externalId, loading } = metadata
      if (typeof externalId === 'string' && externalIds.has(externalId))
        goals.set(externalId, { id, owner, unfinished: loading === true && status === 'ACTIVE' && deletedAt === null })
    }
  })
  return goals
}

/** The tasks that earlier loads made in these goals, deleted ones too. */
export async function findTasks(call: Client, goals: Found['goals'], lanes: number): Promise<Found['tasks']> {
  const tasks: Found['tasks'] = new Map()
  await inLanes(lanes, [...goals.values()], async ({ id: goalId, owner }) => {
    for (const { id, status, metadata } of await listAll(call, owner, `/v1/goals/${goalId}/tasks`))
      if (typeof metadata.externalId === 'string') tasks.set(metadata.externalId, { id, status })
  })
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
