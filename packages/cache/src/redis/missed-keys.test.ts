import { until } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import { createBarrier } from '../../test/support/barrier.ts'
import type { Invalidation } from '../invalidation.ts'
import { createMissedKeys } from './missed-keys.ts'

const versionOf = (version: number): Invalidation => ({ entities: [{ kind: 'task', id: 't', version }] })

/** Creates missed keys whose repetitions end as `repeat` says. `starts` has the reasons of all bypasses. */
function createFixture(repeat: (change: Invalidation) => Promise<void>) {
  const starts: string[] = []
  const bypass = { isActive: () => starts.length > 0, start: (reason: string) => void starts.push(reason) }
  return { starts, missedKeys: createMissedKeys(repeat, bypass, { maxKeys: 3 }) }
}

test('a key stays missed until its second repetition when it is missed again during the first', async () => {
  const [first, second] = [createBarrier(), createBarrier()]
  const barriers = [first, second]
  const repeated: Invalidation[] = []
  const { missedKeys, starts } = createFixture(async (change) => {
    repeated.push(change)
    await barriers[repeated.length - 1]?.hold(async () => undefined)
  })
  missedKeys.add({ ...versionOf(2), groups: ['tasks:goal:1'] }, 'no reply')
  await first.reached
  missedKeys.add(versionOf(3), 'no reply')
  first.open()
  await second.reached
  expect([missedKeys.hasEntity('task', 't'), missedKeys.hasGroup(['tasks:goal:1'])]).toEqual([true, false])
  second.open()
  await until(() => missedKeys.count() === 0)
  expect(repeated).toEqual([
    { ...versionOf(2), groups: ['tasks:goal:1'] },
    { ...versionOf(3), groups: [] },
  ])
  expect(starts).toEqual([])
})

test('a repetition names the highest version when an older change is missed later', async () => {
  const repeated: Invalidation[] = []
  const barrier = createBarrier()
  const { missedKeys } = createFixture(async (change) => {
    repeated.push(change)
    if (repeated.length === 1) await barrier.hold(async () => undefined)
  })
  missedKeys.add({ groups: ['tasks:goal:1'] }, 'no reply')
  for (const version of [3, 2]) missedKeys.add(versionOf(version), 'no reply')
  barrier.open()
  await until(() => missedKeys.count() === 0)
  expect(repeated[1]).toEqual({ ...versionOf(3), groups: [] })
})

test('the whole cache is bypassed instead of a key when the repetition of its invalidation fails', async () => {
  const { missedKeys, starts } = createFixture(() => Promise.reject(new Error('the repetition failed')))
  missedKeys.add(versionOf(2), 'no reply')
  expect(missedKeys.hasEntity('task', 't')).toBe(true)
  await until(() => starts.length > 0)
  expect(starts).toEqual(['the repetition failed'])
  expect(missedKeys.count()).toBe(0)
})

test('the whole cache is bypassed when too many keys are missed', () => {
  const { missedKeys, starts } = createFixture(() => new Promise(() => undefined))
  for (const id of ['1', '2', '3']) missedKeys.add({ groups: [`tasks:goal:${id}`] }, 'no reply')
  expect(starts).toEqual([])
  missedKeys.add({ groups: ['tasks:goal:4'] }, 'one too many')
  expect(starts).toEqual(['one too many'])
  expect(missedKeys.count()).toBe(0)
})

test('a bypass starts again when an invalidation is missed during it', () => {
  const { missedKeys, starts } = createFixture(() => Promise.reject(new Error('not called')))
  starts.push('an outage')
  missedKeys.add(versionOf(2), 'no reply')
  expect(starts).toEqual(['an outage', 'no reply'])
  expect(missedKeys.count()).toBe(0)
})

test('a key is repeated again when it is missed after all repetitions have ended', async () => {
  const repeated: Invalidation[] = []
  const { missedKeys } = createFixture(async (change) => void repeated.push(change))
  for (const version of [2, 3]) {
    missedKeys.add(versionOf(version), 'no reply')
    await until(() => missedKeys.count() === 0)
  }
  expect(repeated).toEqual([2, 3].map((version) => ({ ...versionOf(version), groups: [] })))
})

test('a list is missed when one of its groups is', async () => {
  const { missedKeys } = createFixture(() => new Promise(() => undefined))
  missedKeys.add({ groups: ['tasks:goal:1'] }, 'no reply')
  expect(missedKeys.hasGroup(['tasks:user:ada', 'tasks:goal:1'])).toBe(true)
  expect(missedKeys.hasGroup(['tasks:user:ada'])).toBe(false)
})
