import { expect } from 'vitest'
import { test as base } from '../support/test.ts'

const url = '/v1/me/mail-schedule'
const defaults = { digest: 'off', digestTime: '08:00', digestDay: 'MONDAY', quietHours: null }
const test = base.extend('user', ({ api }) => api.as())

test('mails are sent at once when a user has chosen nothing', async ({ user }) => {
  expect(await user.get(url)).toMatchObject({ status: 200, body: defaults })
})

test('a schedule replaces the earlier one, and belongs to its user', async ({ user, bob }) => {
  const night = { from: '22:00', until: '07:00' }
  const weekly = { digest: 'weekly', digestTime: '17:30', digestDay: 'FRIDAY', quietHours: night }
  expect(await user.put(url, weekly)).toMatchObject({ status: 200, body: weekly })
  expect((await user.get(url)).body).toEqual(weekly)
  expect((await bob.get(url)).body).toEqual(defaults)
  const quiet = await user.put(url, { digest: 'off', quietHours: night })
  expect(quiet.body).toEqual({ ...defaults, quietHours: night })
  expect((await user.put(url, { digest: 'off' })).body).toEqual(defaults)
  expect((await user.get(url)).body).toEqual(defaults)
})

test('quiet hours without a length are refused and change nothing', async ({ user }) => {
  await user.put(url, { digest: 'daily' })
  expect(await user.put(url, { digest: 'off', quietHours: { from: '22:00', until: '22:00' } })).toMatchObject({
    status: 422,
    body: { errors: [{ pointer: '/quietHours/until', detail: 'must differ from `from`' }] },
  })
  expect((await user.get(url)).body).toEqual({ ...defaults, digest: 'daily' })
})
