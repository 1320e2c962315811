import { randomUUID } from 'node:crypto'
import { until } from '@goals-tasks/devstack/testing'
import { createVerifier } from '@goals-tasks/http'
import { SignJWT } from 'jose'
import { expect } from 'vitest'
import { fillContacts } from '../../src/authentication/contact-from-token.ts'
import { test as base } from '../support/test.ts'
import { auth } from '../support/token.ts'

const verifier = createVerifier({ ...auth, emailClaim: 'mail' })

const test = base
  .extend('verify', ({ api }) => fillContacts(api.pool, verifier, (err) => expect.fail(String(err))))
  .extend('contactOf', ({ api }) => async (userId: string) => {
    const { rows } = await api.pool.query(
      'select email, verified_at is not null as verified from contacts where user_id = $1',
      [userId],
    )
    return rows[0]
  })

const sign = (userId: string, claims: Record<string, unknown>) =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(userId)
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(auth.secret))

test('the first token with a verified address fills the contact, and later ones leave it', async ({
  verify,
  contactOf,
}) => {
  const userId = randomUUID()
  await verify(await sign(userId, { mail: 'ada@people.example', email_verified: true }))
  const contact = await until(() => contactOf(userId))
  expect(contact).toEqual({ email: 'ada@people.example', verified: true })
  await verify(await sign(userId, { mail: 'eve@people.example', email_verified: true }))
  expect(await contactOf(userId)).toEqual(contact)
})

test.for([
  { mail: 'ada@people.example' },
  { mail: 'ada@people.example', email_verified: false },
  { mail: 'ada@people.example', email_verified: 'true' },
  { mail: 'no address', email_verified: true },
  { mail: ['ada@people.example'], email_verified: true },
  { email: 'ada@people.example', email_verified: true },
])('the token %j fills no contact', async (claims, { verify, contactOf }) => {
  const [userId, other] = [randomUUID(), randomUUID()]
  await verify(await sign(userId, claims))
  await verify(await sign(other, { mail: 'bob@people.example', email_verified: true }))
  await until(() => contactOf(other))
  expect(await contactOf(userId)).toBeUndefined()
})
