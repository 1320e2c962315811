import fastify from 'fastify'
import { test as base, expect } from 'vitest'
import { registerProblems } from '../src/error-handler.ts'
import { registerRequestChecks } from '../src/request-checks.ts'

// biome-ignore lint/correctness/noEmptyPattern: Vitest requires a destructuring pattern here.
const test = base.extend('app', { scope: 'file' }, async ({}, { onCleanup }) => {
  const app = fastify()
  registerProblems(app)
  await registerRequestChecks(app)
  app.get('/', async () => ({}))
  onCleanup(() => app.close())
  return app
})

test('a request passes when it has no Accept header', async ({ app }) => {
  expect((await app.inject('/')).statusCode).toBe(200)
})

test.for([
  '',
  ' ',
  '*/*',
  'application/*',
  'application/json',
  'APPLICATION/JSON',
  'application/json; charset=utf-8',
  'application/json;q=0, application/json;charset=utf-8',
  'image/png, */*;q=0.1',
  'text/html',
  'Text/HTML',
  'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'text/html;level=1;q=0.4',
  'text/*',
  'application/problem+json',
  'application/json;q=0, application/problem+json',
])('a request passes when it accepts %s', async (accept, { app }) => {
  expect((await app.inject({ url: '/', headers: { accept } })).statusCode).toBe(200)
})

test.for([
  'application/json;q=0',
  'application/json;q=0, */*',
  'application/*;q=0, */*',
  'application/problem+json;q=0',
  'text/html;q=0',
  'image/png',
  'text/csv',
  '*/*; Q=0.0',
  'json',
])('a request gets 406 when it accepts %s', async (accept, { app }) => {
  const response = await app.inject({ url: '/', headers: { accept } })
  expect(response.statusCode).toBe(406)
  expect(response.json()).toMatchObject({ code: 'not-acceptable', detail: 'Accept application/json.' })
})
