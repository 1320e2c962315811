import { expect } from 'vitest'
import type { TestApp } from '../support/test-app.ts'
import { insertWebhook } from '../support/webhooks.ts'
import { type Actors, test } from './actors.ts'
import { type Readers, type Response, visibleChanges } from './visible-changes.ts'

/** Returns the line of an event: its type, then each reader with its visibility. */
const line = (type: string, readers: Readers) =>
  `${type}: ${Object.entries(readers)
    .map(([reader, visibility]) => `${reader} ${visibility}`)
    .toSorted()
    .join(', ')}`

async function loadReaders(api: TestApp, actors: Actors, response: Response): Promise<string[]> {
  const { rows } = await api.pool.query<{ type: string; readers: Record<string, 'kept'> }>(
    `select e.type, json_object_agg(r.reader_id, r.visibility) as readers
     from events e join event_readers r on r.event_id = e.id
     where e.correlation_id = $1 group by e.id`,
    [response.headers['x-request-id']],
  )
  const names = new Map(Object.entries(actors).map(([name, actor]) => [actor.id, name]))
  const named = (readers: object) => Object.fromEntries(Object.entries(readers).map(([id, v]) => [names.get(id), v]))
  return rows.map(({ type, readers }) => line(type, named(readers))).toSorted()
}

/** Returns a line per event of a request and webhook that gets it, and one per event and reader, both with the user. */
async function loadWebhookOwners(api: TestApp, response: Response) {
  const { rows } = await api.pool.query<{ owners: string[]; readers: string[] }>(
    `select array(select e.id || ' ' || w.owner_id from deliveries d join webhooks w on w.id::text = d.target
                  where d.event_id = e.id order by 1) as owners,
            array(select e.id || ' ' || reader_id from event_readers r where r.event_id = e.id order by 1) as readers
     from events e where e.correlation_id = $1 order by e.id`,
    [response.headers['x-request-id']],
  )
  return { owners: rows.flatMap(({ owners }) => owners), readers: rows.flatMap(({ readers }) => readers) }
}

test.for(visibleChanges)(
  'the webhooks of exactly the readers get the events when $change',
  async ({ first, act }, { api, actors, fixture }) => {
    await api.pool.query('delete from webhooks')
    for (const { id } of Object.values(actors)) await insertWebhook(api.pool, id)
    const given = { ...actors, ...fixture }
    await first?.(given)
    const { owners, readers } = await loadWebhookOwners(api, await act(given))
    expect(readers.length).toBeGreaterThan(0)
    expect(owners).toEqual(readers)
  },
)

test.for(visibleChanges)(
  'an event has the right readers when $change',
  async ({ first, act, events }, { api, actors, fixture }) => {
    const given = { ...actors, ...fixture }
    await first?.(given)
    const response = await act(given)
    expect(response.status, response.text).toBeLessThan(300)
    expect(await loadReaders(api, actors, response)).toEqual(
      events.map(({ type, readers }) => line(type, readers)).toSorted(),
    )
  },
)
