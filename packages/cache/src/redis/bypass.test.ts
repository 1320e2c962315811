import { until } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import { createBarrier } from '../../test/support/barrier.ts'
import { silentLog } from '../../test/support/silent-log.ts'
import { createBypass } from './bypass.ts'
import type { BumpOutcome } from './generation.ts'

test('a bypass stays active until a second bump when it starts again during the first', async () => {
  const barriers = [createBarrier(), createBarrier()]
  let bumps = 0
  const bumpFrom = async () => barriers[bumps++]?.hold(async () => 'bumped' as const) ?? 'bumped'
  const bypass = createBypass({ current: async () => 'g', bumpFrom }, silentLog, () => undefined)
  bypass.start('a failed invalidation')
  await barriers[0]?.reached
  bypass.start('another failed invalidation')
  barriers[0]?.open()
  await barriers[1]?.reached
  expect(bypass.isActive()).toBe(true)
  barriers[1]?.open()
  await until(() => !bypass.isActive())
  await bypass.close()
})

test('a bypass stays active when its bump comes too soon after another one', async () => {
  const barrier = createBarrier()
  const outcomes: BumpOutcome[] = ['too soon', 'too soon']
  const bumpFrom = async () => outcomes.shift() ?? barrier.hold(async () => 'bumped' as const)
  const bypass = createBypass({ current: async () => 'g', bumpFrom }, silentLog, () => undefined)
  bypass.start('a failed invalidation')
  await until(() => outcomes.length < 2)
  expect(bypass.isActive()).toBe(true)
  await barrier.reached
  expect(bypass.isActive()).toBe(true)
  barrier.open()
  await until(() => !bypass.isActive())
  await bypass.close()
})

test('a bypass reads the generation again when it starts again before its bump', async () => {
  const seen: (string | null)[] = []
  let generation = 'first'
  const bypass = createBypass(
    {
      current: async () => generation,
      bumpFrom: async (from) => {
        seen.push(from)
        if (seen.length > 1) return 'bumped'
        bypass.start('another failed invalidation')
        generation = 'second'
        return 'too soon'
      },
    },
    silentLog,
    () => undefined,
  )
  bypass.start('a failed invalidation')
  await until(() => !bypass.isActive())
  expect(seen).toEqual(['first', 'second'])
  await bypass.close()
})
