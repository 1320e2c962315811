import { randomBytes, randomUUID } from 'node:crypto'
import { listActions, setPause } from '@goals-tasks/db'
import { operationsTest as test } from '@goals-tasks/operations/testing'
import { createSealer } from '@goals-tasks/webhooks'
import { expect } from 'vitest'
import { runShowWebhook } from '../src/webhooks/show.ts'
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

test('a webhook is shown with its pause and its changes, also when it was deleted', async ({ operations }) => {
  const { pool, environment } = operations
  const [id, owner, key] = [randomUUID(), randomUUID(), randomUUID()]
  await pool.query(
    `insert into webhooks (id, owner_id, url, secret) values ($1, $2, 'https://hooks.example/a?token=secret', '')`,
    [id, owner],
  )
  await pool.query(
    `insert into webhook_audit_log (webhook_id, owner_id, action, version, actor_id, via, fields)
     values ($1, $2, 'created', 1, $2, null, '{}'), ($1, $2, 'changed', 2, $2, $3, '{url,enabled}')`,
    [id, owner, key],
  )
  await setPause(pool, { consumer: `sync/${id}`, isPaused: true, actor: 'ada', reason: 'its receiver moves' })
  const { text, document } = await runShowWebhook(operations, { id })
  expect(text).toMatch(/^ {2}paused {3}since .* by ada: its receiver moves$/m)
  expect(text).toMatch(
    new RegExp(`^ {2}\\S+ \\S+ {2}version 2 {2}changed url, enabled, by ${owner} by key ${key}$`, 'm'),
  )
  expect(text).toMatch(/^ {2}\S+ \S+ {2}paused by an operator$/m)
  expect(document).toMatchObject({ live: { host: 'hooks.example', health: 'healthy', pendingDeliveries: 0 } })
  expect(`${text}${JSON.stringify(document)}`).not.toContain('secret')
  await pool.query('delete from webhooks where id = $1', [id])
  const { code, stdout } = await runCli(environment, 'webhooks', 'show', id)
  expect([code, stdout.split('\n')[0]]).toEqual([0, `webhook ${id}, deleted`])
  expect(await runShowWebhook(operations, { id: owner })).toMatchObject({
    ...{ text: `no webhook has the id ${owner}`, exitCode: 1 },
  })
})
