import { expect } from 'vitest'
import { installationWebhookId, setInstallationWebhook } from '../src/webhooks/installation-webhook.ts'
import { test } from './support/database-test.ts'

test('the endpoint of the installation follows its address, and a new address begins healthy', async ({ pool }) => {
  const load = async () =>
    (await pool.query('select owner_id, url, health from webhooks where id = $1', [installationWebhookId])).rows
  await setInstallationWebhook(pool, 'https://one.example/')
  expect(await load()).toEqual([{ owner_id: null, url: 'https://one.example/', health: 'healthy' }])
  await pool.query(`update webhooks set health = 'suspended', suspended_until = now()`)
  await setInstallationWebhook(pool, 'https://one.example/')
  expect(await load()).toMatchObject([{ health: 'suspended' }])
  await setInstallationWebhook(pool, 'https://two.example/')
  expect(await load()).toMatchObject([{ url: 'https://two.example/', health: 'healthy' }])
  await setInstallationWebhook(pool, undefined)
  expect(await load()).toEqual([])
})
