import { setImmediate as turn } from 'node:timers/promises'
import { type OwnCluster, until } from '@goals-tasks/devstack/testing'
import fc from 'fast-check'
import type { Redis } from 'ioredis'
import { expect } from 'vitest'
import type { ListGroup } from '../../src/layout.ts'
import type { Tally } from '../../src/stats/counters.ts'
import { adminsOf } from './deployments.ts'
import { createBarrier, createRecord, textOf } from './memory-database.ts'
import { begin, type OpenCache, openCache, shortly } from './open-cache.ts'

const ids = ['a', 'b'] as const
const people = ['ada', 'bob', 'eve'] as const
const lists = ['tasks:goal:1', 'tasks:user:ada'] as const satisfies ListGroup[]

const cache = fc.nat(1)
const id = fc.constantFrom(...ids)
const who = fc.constantFrom(...people)
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('read'), cache, id, who, held: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('list'), cache, held: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('release'), nth: fc.nat(5) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('write'),
      cache,
      id,
      // Nobody: the entity is deleted.
      readers: fc.constantFrom(undefined, ['ada'], ['ada', 'bob'], ['ada', 'eve'], []),
      awaited: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(...(['hang', 'resume', 'flush', 'cut', 'heal'] as const))
      .map((fault) => ({ do: fault })),
  },
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

type Target = { redis: Pick<OwnCluster, 'url' | 'pause' | 'resume'>; admins: readonly Redis[] }
type Adjust = NonNullable<Parameters<typeof openCache>[1]>['adjust']

/** What is known of the database and of the acknowledged writes, against which every read is held. */
function createModel(caches: readonly OpenCache[]) {
  const record = createRecord(ids, ['ada', 'bob'])
  const reached = new Map<string, number>()
  const acknowledged = caches.map(() => new Map<string, number>())
  const raise = (floor: Map<string, number>, key: string, to: number) =>
    floor.set(key, Math.max(to, floor.get(key) ?? 1))

  return {
    record,
    acknowledge(writer: number, key: string, version: number, confirmed: boolean) {
      raise(acknowledged[writer] ?? reached, key, version)
      if (confirmed) raise(reached, key, version)
    },
    /** The oldest version that a read may return that begins now in process `reader`. */
    floor(reader: number, key: string): number {
      const own = acknowledged[reader]?.get(key) ?? 1
      // A process that trusts the cache has made up for what it had missed.
      const made = caches.map((each, i) => (each.isTrusted() ? (acknowledged[i]?.get(key) ?? 1) : 1))
      return Math.max(own, reached.get(key) ?? 1, ...made)
    },
  }
}

/** Two processes live through the steps, then all is well again. @throws when a read returned less than it had to */
async function play(steps: readonly Step[], { redis, admins }: Target, adjust?: Adjust): Promise<Tally[]> {
  const at = { url: redis.url, prefix: crypto.randomUUID() }
  const caches = [
    await openCache(at, { adjust, limits: shortly }),
    await openCache(at, { adjust, limits: shortly }),
  ] as const
  const model = createModel(caches)
  const { record } = model
  const checks: Promise<void>[] = []
  const failures: unknown[] = []
  const held: ReturnType<typeof createBarrier>[] = []
  let hung = false

  function read(on: 0 | 1, key: string, reader: string, barrier?: ReturnType<typeof createBarrier>): Promise<void> {
    const floor = model.floor(on, key)
    const load = () => record.load(key, reader)
    return caches[on].readEntity('task', key, reader, barrier ? () => barrier.hold(load) : load).then((found) => {
      if (found) {
        expect(found.version).toBeGreaterThanOrEqual(floor)
        expect(found.text).toBe(textOf(key, found.version))
        expect(record.readersAt(key, found.version)).toContain(reader)
      } else {
        const since = Array.from({ length: record.version(key) - floor + 1 }, (_, i) =>
          record.readersAt(key, floor + i),
        )
        expect(since.some((readers) => !readers.includes(reader))).toBe(true)
      }
    })
  }

  function readList(on: 0 | 1, barrier?: ReturnType<typeof createBarrier>): Promise<void> {
    const floors = ids.map((key) => [key, model.floor(on, key)] as const)
    const load = barrier ? () => barrier.hold(record.list) : record.list
    return caches[on].readList(lists, 'all', load).then(({ text }) => {
      for (const [key, floor] of floors) expect(JSON.parse(text)[key]).toBeGreaterThanOrEqual(floor)
    })
  }

  async function heal(): Promise<void> {
    redis.resume()
    hung = false
    await until(() => caches.every((each) => each.isTrusted() && each.redis.status === 'ready'))
  }

  async function take(step: Step): Promise<void> {
    switch (step.do) {
      case 'read':
      case 'list': {
        const on = step.cache as 0 | 1
        const barrier = step.held ? createBarrier() : undefined
        const { result } = await begin(caches[on], () =>
          ('id' in step ? read(on, step.id, step.who, barrier) : readList(on, barrier)).catch(
            (error) => void failures.push(error),
          ),
        )
        checks.push(result)
        if (barrier) held.push(barrier)
        // It may have joined one that is held.
        return void (await Promise.race([result, turn().then(() => turn())]))
      }
      case 'release':
        return held.splice(step.nth, 1)[0]?.open()
      case 'write': {
        const on = step.cache as 0 | 1
        const version = record.write(step.id, step.readers)
        const done = caches[on]
          .invalidate({ entities: [{ kind: 'task', id: step.id, version }], groups: [lists[step.id === 'a' ? 0 : 1]] })
          .then((confirmed) => model.acknowledge(on, step.id, version, confirmed))
        checks.push(done)
        return step.awaited ? done : undefined
      }
      case 'hang':
        hung = true
        return redis.pause()
      case 'resume':
        hung = false
        return redis.resume()
      case 'flush':
        return hung ? undefined : void (await Promise.all(admins.map((admin) => admin.flushall())))
      case 'cut':
        return hung
          ? undefined
          : void (await Promise.all(
              admins.map((admin) => admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')),
            ))
      case 'heal':
        return heal()
    }
  }

  try {
    for (const each of steps) await take(each)
    for (const barrier of held) barrier.open()
    await heal()
    await Promise.all(checks)
    if (failures.length > 0) throw failures[0]
    for (const on of [0, 1] as const) for (const key of ids) for (const reader of people) await read(on, key, reader)
    for (const on of [0, 1] as const) await readList(on)
    return caches.map(({ parts }) => parts.tally)
  } finally {
    redis.resume()
    for (const barrier of held) barrier.open()
    await Promise.allSettled(checks)
    await Promise.all(caches.map((each) => each.close()))
  }
}

/**
 * Plays `runs` random stories on `redis`. @returns what the caches did in all of them
 * @throws with the seed and the shortest story when a read returned less than was acknowledged before it began
 */
export async function playStories(redis: OwnCluster, runs: number, adjust?: Adjust) {
  const admins = adminsOf(redis)
  const total = { hits: 0, refused: 0, swaps: 0 }
  let playing: Promise<Tally[]> = Promise.resolve([])
  const property = fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
    playing = play(steps, { redis, admins }, adjust)
    for (const tally of await playing)
      for (const name of ['hits', 'refused', 'swaps'] as const) total[name] += tally[name]
  })
  await fc.assert(
    property,
    // A slow machine plays fewer. What is sabotaged is searched for longer, and need not be told in its shortest form.
    { numRuns: runs, interruptAfterTimeLimit: adjust ? 110_000 : 15_000, endOnFailure: adjust !== undefined },
  )
  // The story that was interrupted goes on.
  await Promise.allSettled([playing])
  return total
}
