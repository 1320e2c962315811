import { expect } from 'vitest'
import { test } from './support/ops.ts'

test('an address gets 405 and the methods that it has when the method is another', async ({ ops }) => {
  const refused = await ops.app.inject({ method: 'DELETE', url: '/ops/status' })
  expect(refused.json()).toMatchObject({ status: 405, code: 'method-not-allowed' })
  expect(refused.headers.allow).toBe('GET, HEAD, OPTIONS')
  const options = await ops.app.inject({ method: 'OPTIONS', url: '/ops/dead-letters' })
  expect([options.statusCode, options.headers.allow]).toEqual([204, 'GET, HEAD, OPTIONS'])
})
