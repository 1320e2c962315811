import { randomUUID } from 'node:crypto'
import { recordReceiver } from '@goals-tasks/db'
import { expect } from 'vitest'
import { test as base } from '../support/test.ts'

const test = base
  // Each test has a user of its own, because the number of mails is limited.
  .extend('user', ({ api }) => api.as())
  .extend('sendsMail', ({ api }) => recordReceiver(api.pool, 'email', true))

const none = { email: null, zone: null, locale: null, verifiedAt: null, confirmationExpiresAt: null }
const addressOf = (name: string) => `${name}-${randomUUID().slice(0, 8)}@people.example`

test('a user without a contact reads nulls, and may remove it', async ({ user }) => {
  expect((await user.get('/v1/me/contact')).body).toEqual({ userId: user.id, ...none })
  expect((await user.delete('/v1/me/contact')).status).toBe(204)
})

test('a new address is unverified, and its mail is planned once, without the address', async ({
  api,
  user,
  sendsMail,
}) => {
  expect(sendsMail).toBeTypeOf('boolean')
  const email = addressOf('ada')
  const response = await user.put('/v1/me/contact', { email, zone: 'europe/berlin', locale: 'EN-gb' })
  expect(response.body).toEqual({
    ...{ userId: user.id, email, zone: 'Europe/Berlin', locale: 'en-GB', verifiedAt: null },
    confirmationExpiresAt: expect.any(String),
  })
  expect((await user.get('/v1/me/contact')).body).toEqual(response.body)
  const { rows } = await api.pool.query(`select * from events where actor_id = $1`, [user.id])
  expect(rows).toHaveLength(1)
  expect(rows[0]).toMatchObject({ type: 'mail:planned', after: { userId: user.id, purpose: 'confirmation' } })
  expect(JSON.stringify(rows)).not.toContain('people.example')
  const deliveries = await api.pool.query('select consumer from deliveries where event_id = $1', [rows[0].id])
  expect(deliveries.rows).toEqual([{ consumer: 'email' }])
  expect(response.headers['event-id']).toBeUndefined()
})

test('an address stays verified when it stays the same, and no mail is planned', async ({ api, user, sendsMail }) => {
  expect(sendsMail).toBeTypeOf('boolean')
  const email = addressOf('ada')
  await api.pool.query('insert into contacts (user_id, email, verified_at) values ($1, $2, now())', [user.id, email])
  const same = await user.put('/v1/me/contact', { email: email.replace('people', 'PEOPLE'), zone: 'UTC' })
  expect(same.body).toMatchObject({ email, zone: 'UTC', verifiedAt: expect.any(String), confirmationExpiresAt: null })
  const other = await user.put('/v1/me/contact', { email: addressOf('ada') })
  expect(other.body).toMatchObject({ verifiedAt: null, zone: null, confirmationExpiresAt: expect.any(String) })
})

test('a user gets five confirmation mails per hour, whatever they remove', async ({ api, user, sendsMail }) => {
  expect(sendsMail).toBeTypeOf('boolean')
  for (let i = 0; i < 5; i++) {
    expect((await user.put('/v1/me/contact', { email: addressOf('ada') })).status).toBe(200)
    await user.delete('/v1/me/contact')
  }
  const refused = await user.put('/v1/me/contact', { email: addressOf('ada') })
  expect(refused.status).toBe(429)
  expect(refused.body).toMatchObject({ code: 'rate-limited', policy: 'confirmation-mails' })
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(3_500)
  expect((await user.get('/v1/me/contact')).body).toEqual({ userId: user.id, ...none })
  await api.pool.query(`update contact_confirmations set requested_at = now() - interval '1 hour' where user_id = $1`, [
    user.id,
  ])
  expect((await user.put('/v1/me/contact', { email: addressOf('ada') })).status).toBe(200)
})

test('an address gets five confirmation mails per hour from all users together', async ({ api, sendsMail }) => {
  expect(sendsMail).toBeTypeOf('boolean')
  const email = addressOf('Victim')
  const users = await Promise.all(Array.from({ length: 7 }, () => api.as()))
  const answers = await Promise.all(
    users.map((user, i) => user.put('/v1/me/contact', { email: i % 2 ? email : email.toLowerCase() })),
  )
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 200, 200, 429, 429])
})

test('an administrator keeps the contacts of a directory, which need no confirmation', async ({ api, admin, user }) => {
  const url = `/v1/users/${user.id}/contact`
  const email = addressOf('ada')
  const written = await admin.put(url, { email, zone: 'Asia/Tokyo' })
  expect(written.body).toMatchObject({
    userId: user.id,
    email,
    verifiedAt: expect.any(String),
    confirmationExpiresAt: null,
  })
  expect((await user.get('/v1/me/contact')).body).toEqual(written.body)
  expect(
    (await admin.get(url.toUpperCase().replace('/V1/USERS', '/v1/users').replace('CONTACT', 'contact'))).body,
  ).toEqual(written.body)
  expect((await user.get(url)).status).toBe(403)
  const { rows } = await api.pool.query('select id from contact_confirmations where user_id = $1', [user.id])
  expect(rows).toEqual([])
  await admin.delete(url)
  expect((await admin.get(url)).body).toEqual({ userId: user.id, ...none })
})

test('an API key reads the contact of its user, and cannot change it', async ({ api, user }) => {
  const scopes = ['notifications:read', 'notifications:write']
  const key = String((await user.post('/v1/api-keys', { name: 'A key', scopes })).body.key)
  const send = (method: 'GET' | 'PUT' | 'DELETE', payload?: object) =>
    api.app.inject({
      ...{ method, url: '/v1/me/contact', headers: { authorization: `Bearer ${key}` } },
      ...(payload && { payload }),
    })
  expect((await send('GET')).statusCode).toBe(200)
  expect((await send('PUT', { email: addressOf('eve') })).statusCode).toBe(403)
  expect((await send('DELETE')).statusCode).toBe(403)
})
