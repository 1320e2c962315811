import { expect, test } from 'vitest'
import { loadVariables } from './load.ts'
import { readWebhookConfig, webhookProblems, webhookVariables } from './webhooks.ts'

const key = Buffer.alloc(32, 7)
const other = Buffer.alloc(32, 251)
const load = (SECRETS_KEY: string) => loadVariables(webhookVariables, { SECRETS_KEY })

test('keys are read in base64 and base64url, the first one first', () => {
  const text = `${key.toString('base64')}, ${other.toString('base64url')}, dev-only-${key.toString('base64url')}`
  expect(readWebhookConfig(load(text)).secretsKeys).toEqual([key, other, key])
})

test('no key is a configuration without keys', () => {
  expect(readWebhookConfig(loadVariables(webhookVariables, {}))).toEqual({ secretsKeys: [], allowedNetworks: [] })
})

test.for([
  Buffer.alloc(31).toString('base64'),
  Buffer.alloc(33).toString('base64'),
  'a-secret-that-is-no-key-of-32-bytes-at-all!',
  `${key.toString('base64')},short`,
])('the key %s is refused without being quoted', (text) => {
  expect(() => load(text)).toThrow(/SECRETS_KEY must be 32 random bytes in base64 \(/)
  expect(() => load(text)).toThrow(expect.objectContaining({ message: expect.not.stringContaining(text) }))
})

test('a generated key is refused in production only', () => {
  const variables = load(`${key.toString('base64')},dev-only-${key.toString('base64url')}`)
  expect(webhookProblems({ ...variables, NODE_ENV: 'development' })).toEqual([])
  expect(webhookProblems({ ...variables, NODE_ENV: 'production' })).toEqual([
    'SECRETS_KEY begins with dev-only-: it was generated for development and is refused in production',
  ])
})

test('a list without any key is refused', () => {
  expect(() => load(',')).toThrow(/SECRETS_KEY must be 32 random bytes/)
})
