import { until } from '@goals-tasks/devstack/testing'
import { expect } from 'vitest'
import type { Client } from '../support/client.ts'
import { openEventStream } from '../support/event-streams.ts'
import { openFeedSocket } from '../support/feed-sockets.ts'
import { test } from '../support/test.ts'
import type { TestApp } from '../support/test-app.ts'

/** Makes the database look like one that was restored into a cluster whose transaction ids are lower. */
async function restore({ pool }: TestApp): Promise<void> {
  await pool.query(`update event_readers set xid = '9000000000'`)
  await pool.query('select raise_epoch()')
}

/** Reads the feed as pages. Loads the present state after a reset, which it counts. */
function createPageReader(client: Client) {
  const seen: unknown[] = []
  let [cursor, resets] = ['', 0]
  return {
    seen,
    resets: () => resets,
    async read(): Promise<void> {
      const { status, body } = await client.get(`/v1/changes${cursor && `?cursor=${cursor}`}`)
      const { nextCursor } = (body.page ?? {}) as { nextCursor?: string }
      if (status === 410) resets++
      cursor = nextCursor ?? String((body.snapshot as { cursor: string }).cursor)
      seen.push(...(body.data ?? []).map(({ entityId }) => entityId))
    },
  }
}

test('each restore into a cluster with lower transaction ids leads to one reset, and the feed goes on', async ({
  api,
}) => {
  const ada = await api.as()
  const pages = createPageReader(ada)
  await pages.read()
  const stream = await openEventStream(api, { userId: ada.id })
  const socket = await openFeedSocket(api, { userId: ada.id })
  await Promise.all([stream.waitFor('ready'), socket.waitFor('ready')])
  const resets = () => [pages.resets(), stream.of('reset').length, socket.of('reset').length]
  for (let restores = 1; restores <= 3; restores++) {
    await restore(api)
    // Its hint lets the streams read, as every change does.
    await ada.createGoal()
    await pages.read()
    await until(() => resets().every((count) => count === restores))
    const { id } = await ada.createGoal()
    await until(async () => {
      await pages.read()
      const changes = [pages.seen, stream.changes().map(({ entityId }) => entityId), socket.changes()]
      return changes.every((ids) => ids.includes(id))
    })
    expect(resets()).toEqual([restores, restores, restores])
  }
})
