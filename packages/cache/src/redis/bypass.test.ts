import { until } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import { createBarrier } from '../../test/support/barrier.ts'
import { silentLog } from '../../test/support/silent-log.ts'
import { createBypass } from './bypass.ts'

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
