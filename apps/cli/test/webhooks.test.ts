import { randomBytes, randomUUID } from 'node:crypto'
import { listActions } from '@goals-tasks/db'
import { operationsTest as test } from '@goals-tasks/operations/testing'
import { createSealer } from '@goals-tasks/webhooks'
import { expect } from 'vitest'
import { runCli } from './support/run-cli.ts'

const [oldKey, newKey] = [randomBytes(32), randomBytes(32)]
const SECRETS_KEY = [newKey, oldKey].map((key) => key.toString('base64')).join()

test('rotate-key encrypts the secrets with the first key, and is recorded', async ({ operations }) => {
  const { pool, environment } = operations
  const id = randomUUID()
  const sealed = createSealer([oldKey]).seal(Buffer.from('whsec_x'), id)
  await pool.query(`insert into webhooks (id, owner_id, url, secret) values ($1, $1, 'https://hooks.example/', $2)`, [
    id,
    sealed,
  ])
  const { code, stdout } = await runCli({ ...environment, SECRETS_KEY }, 'webhooks', 'rotate-key', '--by', 'ada')
  expect([code, stdout.trim()]).toEqual([0, 'encrypted the secrets of 1 of 1 webhook again'])
  const { rows } = await pool.query('select secret from webhooks where id = $1', [id])
  expect(createSealer([newKey]).open(rows[0].secret, id).toString()).toBe('whsec_x')
  const [action] = await listActions(pool, { limit: 1 })
  expect(action).toMatchObject({ action: 'webhook-secrets-resealed', actor: 'ada', details: { resealed: 1 } })
})

test('rotate-key exits with 2 when SECRETS_KEY is not set', async ({ operations }) => {
  const { code, stderr } = await runCli(operations.environment, 'webhooks', 'rotate-key')
  expect(code).toBe(2)
  expect(stderr).toContain('SECRETS_KEY is required')
})
