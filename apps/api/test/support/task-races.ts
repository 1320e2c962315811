import { expectInvariants } from '@goals-tasks/db/testing'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { type Client, startTestApp } from './test-app.ts'

/** What the races of a file share: one API, one user, and the invariants of the whole database after each test. */
export function setUpTaskRaces() {
  let api: Awaited<ReturnType<typeof startTestApp>>
  let ada: Client
  beforeAll(async () => {
    api = await startTestApp()
    ada = await api.as()
  })
  afterEach(() => expectInvariants(api.pool))
  afterAll(() => api.close())

  return {
    ada: () => ada,
    edge: (id: string, blockerId: string) => `/v1/tasks/${id}/dependencies/${blockerId}`,
    post: (id: string, verb: string) => ada.post(`/v1/tasks/${id}/${verb}`),
    statusOf: async (id: string) =>
      (
        await api.pool.query(
          'select status, block_kind as kind, version, deleted_at is not null as deleted from tasks where id = $1',
          [id],
        )
      ).rows[0],
    async tasks(count: number): Promise<string[]> {
      const goal = await ada.goal()
      return Promise.all(Array.from({ length: count }, async () => (await ada.task(goal.id)).id))
    },
  }
}

/** All at once; each must be answered by one of these. */
export async function together(
  allowed: readonly number[],
  requests: readonly Promise<{ status: number; text: string }>[],
) {
  for (const { status, text } of await Promise.all(requests)) expect(allowed, text).toContain(status)
}
