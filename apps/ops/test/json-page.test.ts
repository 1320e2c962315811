import { randomUUID } from 'node:crypto'
import Fastify from 'fastify'
import { expect } from 'vitest'
import { registerJsonPages } from '../src/json-page.ts'
import { bearer } from './support/actors.ts'
import { test } from './support/ops.ts'

const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

test.for(['/ops/dead-letters', '/ops/status', `/ops/dead-letters/${randomUUID()}`])(
  '%s is a page in a browser and JSON for a program',
  async (url, { ops }) => {
    const authorization = await bearer()
    const page = await ops.app.inject({ url, headers: { ...authorization, ...browser } })
    expect(page.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', vary: 'accept' })
    expect(page.body).toContain('<a href="/ops/queues">Bull Board</a>')
    expect(page.headers['content-security-policy']).not.toContain('unsafe')
    const document = await ops.app.inject({ url, headers: authorization })
    expect(document.headers['content-type']).toMatch(/json/)
    expect(document.statusCode).toBe(page.statusCode)
  },
)

test('a page shows text from outside unchanged', async () => {
  const app = Fastify()
  registerJsonPages(app)
  app.get('/list', () => ({ data: [{ id: 1, error: '<script>alert(1)</script>' }], before: { title: '<b>' } }))
  const { body } = await app.inject({ url: '/list', headers: browser })
  expect(body).toContain('<td>&lt;script&gt;alert(1)&lt;/script&gt;</td>')
  expect(body).toContain('&lt;b&gt;')
  expect(body).not.toContain('<script>')
})
