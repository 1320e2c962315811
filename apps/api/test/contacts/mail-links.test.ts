import { randomUUID } from 'node:crypto'
import { recordReceiver } from '@goals-tasks/db'
import { expect } from 'vitest'
import { test as base } from '../support/test.ts'
import { linkTokens } from '../support/test-app.ts'

const form = { 'content-type': 'application/x-www-form-urlencoded' }

const test = base
  .extend('user', ({ api }) => api.as())
  .extend('press', ({ api }) => async (path: string, token: string, headers: Record<string, string> = form) => {
    const response = await api.app.inject({
      ...{ method: 'POST', url: `/mail/${path}?token=${token}`, headers, payload: 'List-Unsubscribe=One-Click' },
    })
    return { status: response.statusCode, body: response.body }
  })
  .extend('enter', ({ api, user }) => async (email = `${randomUUID()}@people.example`) => {
    await recordReceiver(api.pool, 'email', true)
    await user.put('/v1/me/contact', { email })
    const { rows } = await api.pool.query(
      'select id from contact_confirmations where user_id = $1 order by requested_at desc, id desc limit 1',
      [user.id],
    )
    return linkTokens.confirmation(rows[0].id)
  })
  .extend(
    'isVerified',
    ({ user }) =>
      async () =>
        (await user.get('/v1/me/contact')).body.verifiedAt !== null,
  )

test('a link shows a page with a button, and opening it confirms nothing', async ({ api, enter, isVerified }) => {
  const url = `/mail/confirm?token=${await enter()}`
  for (const method of ['GET', 'HEAD'] as const) expect((await api.app.inject({ method, url })).statusCode).toBe(200)
  const page = await api.app.inject({ url })
  expect(page.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'referrer-policy': 'no-referrer' })
  expect(page.body).toContain('<form method="post"><button type="submit">')
  expect(await isVerified()).toBe(false)
})

test('the button confirms the address once, and a second press finds it confirmed', async ({
  user,
  press,
  enter,
  isVerified,
}) => {
  const token = await enter()
  expect(await press('confirm', token)).toMatchObject({ status: 200, body: expect.stringContaining('is confirmed') })
  expect(await isVerified()).toBe(true)
  expect((await press('confirm', token)).status).toBe(200)
  await user.put('/v1/me/contact', { email: `${randomUUID()}@people.example` })
  expect((await press('confirm', token)).status).toBe(410)
  expect(await isVerified()).toBe(false)
})

test('a link is void when it has expired or when the address was replaced or removed', async ({
  api,
  user,
  press,
  enter,
  isVerified,
}) => {
  const replaced = await enter()
  const expired = await enter()
  expect((await press('confirm', replaced)).status).toBe(410)
  await api.pool.query(`update contact_confirmations set expires_at = now() where user_id = $1`, [user.id])
  expect((await press('confirm', expired)).status).toBe(410)
  const removed = await enter()
  await user.delete('/v1/me/contact')
  expect((await press('confirm', removed)).status).toBe(410)
  expect(await isVerified()).toBe(false)
})

test.for(['x', 'AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA', '%00', "'", '../..'])(
  'the token %j opens no page',
  async (token, { api, press }) => {
    for (const path of ['confirm', 'unsubscribe']) {
      expect((await press(path, token)).status).toBe(404)
      expect((await api.app.inject({ url: `/mail/${path}?token=${token}` })).statusCode).toBe(404)
    }
  },
)

test('a token of one page does not work on the other', async ({ press, enter, user }) => {
  expect((await press('unsubscribe', await enter())).status).toBe(404)
  expect((await press('confirm', linkTokens.unsubscription(user.id, 'task-assigned'))).status).toBe(404)
})

test.for([form, { 'content-type': 'multipart/form-data; boundary=x' }])(
  'one click turns the mails of one kind off, with %j',
  async (headers, { user, press }) => {
    const token = linkTokens.unsubscription(user.id, 'task-assigned')
    for (let i = 0; i < 2; i++) expect((await press('unsubscribe', token, headers)).status).toBe(200)
    const { body } = await user.get('/v1/me/notification-preferences')
    const off = (body.preferences as { kind: string; channel: string; isEnabled: boolean }[]).filter(
      (each) => !each.isEnabled,
    )
    expect(off).toEqual([{ kind: 'task-assigned', channel: 'email', isEnabled: false }])
  },
)

test('one click in a digest turns all mails off, and no notification in the application', async ({
  user,
  press,
  api,
}) => {
  const token = linkTokens.unsubscription(user.id, 'all')
  expect((await api.app.inject({ url: `/mail/unsubscribe?token=${token}` })).body).toContain('Turn all mails off')
  expect((await press('unsubscribe', token, form)).status).toBe(200)
  const { body } = await user.get('/v1/me/notification-preferences')
  const preferences = body.preferences as { channel: string; isEnabled: boolean }[]
  expect(preferences.filter(({ channel, isEnabled }) => isEnabled === (channel === 'email'))).toEqual([])
})

test('a form that is too large gets 413', async ({ api, user }) => {
  const url = `/mail/unsubscribe?token=${linkTokens.unsubscription(user.id, 'task-assigned')}`
  const answer = await api.app.inject({ method: 'POST', url, headers: form, payload: 'x'.repeat(5_000) })
  expect(answer.statusCode).toBe(413)
})
