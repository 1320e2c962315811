import { randomUUID } from 'node:crypto'
import { fileFixture, until } from '@goals-tasks/devstack/testing'
import { expect } from 'vitest'
import { type Actors, test as base, type Fixture, taskSecret } from '../permissions/actors.ts'
import type { ActorName } from '../permissions/matrix.ts'
import { type VisibleChange, visibleChanges } from '../permissions/visible-changes.ts'
import { openEventStream } from '../support/event-streams.ts'
import { openFeedSocket } from '../support/feed-sockets.ts'
import type { TestApp } from '../support/test-app.ts'

type Change = Record<string, unknown> & {
  id: string
  type: string
  entityId: string
  version: number
  removed: boolean
}
type Page = { data: Change[]; page: { nextCursor: string; hasMore: boolean } }
type FeedOwner = ActorName | typeof keyOfOwner

/** An API key of the owner whose only scope is `tasks:read`, so it sees no goal. */
const keyOfOwner = 'API key of the owner'

const test = base.extend('feeds', { scope: 'file' }, ({ api, actors }, lifetime) =>
  fileFixture(() => openFeeds(api, actors))({}, lifetime),
)

async function openFeeds(api: TestApp, actors: Actors) {
  const { body } = await actors.owner.post('/v1/api-keys', { name: 'A reader', scopes: ['tasks:read'] })
  const ofActors = Object.entries(actors).map(([name, actor]) => openFeed(api, name as ActorName, actor))
  const ofKey = openFeed(api, keyOfOwner, { ...actors.owner, token: String(body.key) })
  return Promise.all([...ofActors, ofKey])
}

/** Opens the feed of an actor on each transport. */
async function openFeed(api: TestApp, name: FeedOwner, actor: Actors[ActorName]) {
  const { token, asAdmin, ownTask } = actor
  const stream = await openEventStream(api, { token })
  const socket = await openFeedSocket(api, { token })
  await Promise.all([stream.waitFor('ready'), socket.waitFor('ready')])
  const ofSocket = () => socket.of('change').map(({ event }) => event as unknown as Change)
  const pages: Change[] = []
  let cursor = stream.lastId()

  async function readPage(): Promise<void> {
    const response = await actor.get(`/v1/changes?limit=200&cursor=${cursor}`, { authorization: `Bearer ${token}` })
    const { data, page } = response.body as unknown as Page
    pages.push(...data)
    cursor = page.nextCursor
  }

  /** Waits until everything that was committed has arrived. @returns the changes with these ids, by transport */
  async function read(ids: ReadonlySet<string>): Promise<Change[][]> {
    // A change of a task that only this actor sees is the last one to arrive.
    const { headers } = await asAdmin.patchTask(ownTask, { title: randomUUID() })
    const isMarker = ({ id }: Change) => id === headers['event-id']
    await until(() => stream.changes().some(isMarker) && ofSocket().some(isMarker))
    await readPage()
    expect(pages.some(isMarker)).toBe(true)
    return [pages, stream.changes(), ofSocket()].map((changes) => changes.filter(({ id }) => ids.has(id)))
  }

  return { name, read }
}

async function loadEventIds({ pool }: TestApp, requestId: unknown): Promise<Set<string>> {
  const { rows } = await pool.query('select id from events where correlation_id = $1', [requestId])
  return new Set(rows.map(({ id }) => id))
}

/** Returns what the actor must get of the events of a change. */
function expectedOf({ events, alsoRemoved }: VisibleChange, fixture: Fixture, name: FeedOwner) {
  const isKey = name === keyOfOwner
  const reader = isKey ? 'owner' : name
  const hidden = alsoRemoved?.(fixture)[reader]
  return events.flatMap(({ type, readers }) =>
    readers[reader] && !(isKey && type.startsWith('goal:')) ? [{ type, visibility: readers[reader], hidden }] : [],
  )
}

const lostMembers = ['entityId', 'entityType', 'id', 'occurredAt', 'removed', 'type', 'version']

/** Returns how a change looks to its reader, and checks that it has the right bodies. */
function describe({ type, removed, before, after, alsoRemoved, ...change }: Change) {
  const hidden = (alsoRemoved as { entityId: string }[] | undefined)?.map(({ entityId }) => entityId)
  const described = (visibility: string) => ({ type, visibility, hidden })
  if (removed) {
    expect([before, after]).toEqual([undefined, undefined])
    expect(Object.keys({ type, removed, ...change }).toSorted()).toEqual(lostMembers)
    return described('lost')
  }
  expect(after).toMatchObject({ id: change.entityId, version: change.version })
  if (before === null) return described('gained')
  expect(before).toMatchObject({ id: change.entityId, version: change.version - 1 })
  return described('kept')
}

const byType = (a: { type: string; visibility: string }, b: { type: string; visibility: string }) =>
  `${a.type} ${a.visibility}`.localeCompare(`${b.type} ${b.visibility}`)

test.for(visibleChanges)(
  'each actor gets the right events with the right bodies on each transport when $change',
  async (step, { api, actors, fixture, feeds }) => {
    const given = { ...actors, ...fixture }
    await step.first?.(given)
    const { headers } = await step.act(given)
    const ids = await loadEventIds(api, headers['x-request-id'])
    const changes = await Promise.all(feeds.map(({ read }) => read(ids)))
    for (const [i, { name }] of feeds.entries()) {
      const [pages = [], ...others] = changes[i] ?? []
      expect(pages.map(describe).toSorted(byType), name).toEqual(expectedOf(step, fixture, name).toSorted(byType))
      for (const other of others) expect(other, name).toEqual(pages)
      if (!pages.some(({ after }) => after)) expect(JSON.stringify(pages), name).not.toContain(taskSecret)
    }
  },
)
