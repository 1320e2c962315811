import { randomBytes, randomUUID } from 'node:crypto'
import { createSealer, type Sealer } from '@goals-tasks/webhooks'
import { expect } from 'vitest'
import { checkWebhooks } from '../src/doctor/webhooks.ts'
import { resealSecrets } from '../src/webhooks/reseal-secrets.ts'
import { operationsTest } from './support/operations.ts'

const [oldKey, newKey, lostKey] = [randomBytes(32), randomBytes(32), randomBytes(32)]
const [before, rotated, after] = [createSealer([oldKey]), createSealer([newKey, oldKey]), createSealer([newKey])]

const test = operationsTest
  .extend('empty', { auto: true }, async ({ operations }) => {
    await operations.pool.query('delete from webhooks')
  })
  /** Inserts a webhook whose secrets `sealer` encrypts. */
  .extend('insert', ({ operations }) => async (sealer: Sealer, health = 'healthy') => {
    const id = randomUUID()
    const sealed = ['whsec_now', 'whsec_before'].map((secret) => sealer.seal(Buffer.from(secret), id))
    await operations.pool.query(
      `insert into webhooks (id, owner_id, url, health, secret, previous_secret, previous_secret_until)
       values ($1, $1, 'https://hooks.example/', $2, $3, $4, now())`,
      [id, health, ...sealed],
    )
  })
  /** Returns the opened secrets of all webhooks. */
  .extend('open', ({ operations }) => async (sealer: Sealer) => {
    const { rows } = await operations.pool.query('select id, secret, previous_secret from webhooks')
    return rows.map((row) => [row.secret, row.previous_secret].map((sealed) => sealer.open(sealed, row.id).toString()))
  })

test('a rotation encrypts every secret with the first key, also when there are more than one batch', async ({
  operations: { pool },
  insert,
  open,
}) => {
  for (let i = 0; i < 201; i++) await insert(before)
  await insert(rotated)
  const dryRun = { webhooks: 202, resealed: 201, unreadable: 0 }
  expect(await resealSecrets(pool, rotated, { dryRun: true })).toEqual(dryRun)
  expect(await resealSecrets(pool, rotated, { dryRun: false })).toEqual(dryRun)
  expect(await resealSecrets(pool, rotated, { dryRun: false })).toEqual({ ...dryRun, resealed: 0 })
  expect(new Set((await open(after)).map(String))).toEqual(new Set(['whsec_now,whsec_before']))
})

test('a rotation leaves a secret that no key opens as it is', async ({ operations: { pool }, insert, open }) => {
  const lost = createSealer([lostKey])
  await insert(lost)
  expect(await resealSecrets(pool, rotated, { dryRun: false })).toEqual({ webhooks: 1, resealed: 0, unreadable: 1 })
  expect(await open(lost)).toEqual([['whsec_now', 'whsec_before']])
})

test('the doctor names an old key, a lost key, and webhooks that fail', async ({ operations: { pool }, insert }) => {
  const statesOf = async (...keys: Buffer[]) =>
    Object.fromEntries((await checkWebhooks(pool, keys)).map(({ check, state, fact }) => [check, `${state}: ${fact}`]))
  expect(await statesOf()).toEqual({ 'webhooks: health': 'ok: no user has a webhook' })
  await insert(before)
  expect(await statesOf()).toMatchObject({ 'webhooks: SECRETS_KEY': 'unknown: it is not set here' })
  const key = 'webhooks: SECRETS_KEY'
  expect((await statesOf(oldKey))[key]).toBe('ok: it opens the secrets of 1 webhooks')
  expect((await statesOf(newKey, oldKey))[key]).toBe('warning: 1 of 1 webhooks use an old key')
  expect((await statesOf(newKey))[key]).toBe('problem: it does not open the secrets of 1 of 1 webhooks')
  await insert(before, 'suspended')
  await insert(before, 'suspended')
  expect((await statesOf(oldKey))['webhooks: health']).toBe('warning: 1 healthy, 2 suspended')
})
