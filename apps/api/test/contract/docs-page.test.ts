import { execFile, spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { expect } from 'vitest'
import { test as base } from '../support/test.ts'
import { auth, signToken } from '../support/token.ts'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../../../..')

const test = base
  .extend('address', { scope: 'file' }, async ({ api }) =>
    (await api.app.listen({ host: '127.0.0.1', port: 0 })).replace(/\/$/, ''),
  )
  .extend('page', { scope: 'file' }, async ({ api }) => (await api.app.inject({ url: '/docs' })).body)
  .extend('scriptUrl', { scope: 'file' }, ({ page }) => /<script src="([^"]+)"/.exec(page)?.[1] ?? '')

test('the docs page has a title and a language', ({ page }) => {
  expect(page).toContain('<title>goals-tasks API</title>')
  expect(page).toContain('<html lang="en">')
})

test('the script of the docs page is compressed, and kept for a year under the name of its content', async ({
  api,
  scriptUrl,
}) => {
  expect(scriptUrl).toMatch(/^\/docs\/scalar-[\w-]{22}\.js$/)
  const plain = await api.app.inject({ url: scriptUrl })
  const small = await api.app.inject({ url: scriptUrl, headers: { 'accept-encoding': 'gzip, br' } })
  for (const { statusCode, headers } of [plain, small]) {
    expect(statusCode).toBe(200)
    expect(headers).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-type': 'text/javascript; charset=utf-8',
      vary: 'Accept-Encoding',
    })
  }
  expect(small.headers['content-encoding']).toBe('br')
  expect(small.rawPayload.length).toBeLessThan(plain.rawPayload.length / 3)
  expect(brotliDecompressSync(small.rawPayload).equals(plain.rawPayload)).toBe(true)
})

test('a script of another release is not found', async ({ api }) => {
  const response = await api.app.inject({ url: '/docs/scalar-0000000000000000000000.js' })
  expect([response.statusCode, response.json().code]).toEqual([404, 'not-found'])
})

test('the OpenAPI document is compressed, and not sent again to a client that has it', async ({ api }) => {
  const plain = await api.app.inject({ url: '/openapi.json' })
  const small = await api.app.inject({ url: '/openapi.json', headers: { 'accept-encoding': 'gzip' } })
  expect(gunzipSync(small.rawPayload).equals(plain.rawPayload)).toBe(true)
  expect(small.rawPayload.length).toBeLessThan(plain.rawPayload.length / 5)
  for (const { headers } of [plain, small]) {
    const again = await api.app.inject({ url: '/openapi.json', headers: { 'if-none-match': String(headers.etag) } })
    expect([again.statusCode, again.headers.etag]).toEqual([304, headers.etag])
  }
})

test('a goal is compressed on request, and is changed under the tag of this response', async ({ api, ada }) => {
  const goal = await ada.createGoal({ description: 'wind and waves '.repeat(100) })
  const url = `/v1/goals/${goal.id}`
  const authorization = `Bearer ${await signToken(ada.id, 'goals:read')}`
  const { headers } = await api.app.inject({ url, headers: { authorization, 'accept-encoding': 'br' } })
  expect(headers).toMatchObject({ 'content-encoding': 'br', vary: 'Accept-Encoding', etag: '"1-br"' })
  const changed = await ada.patchGoal(goal.id, { title: 'Sail' }, { 'if-match': String(headers.etag) })
  expect([changed.status, changed.headers.etag]).toEqual([200, '"2"'])
})

const hasTools = ['curl', 'npm'].every((tool) => spawnSync(tool, ['--version']).status === 0)

test.skipIf(!hasTools)('the snippets of the introduction run as they are pasted', async ({ api, address }) => {
  const document = (await api.app.inject({ url: '/openapi.json' })).json()
  const snippets = [...document.info.description.matchAll(/```bash\n(.*?)```/gs)].map(([, snippet]) => snippet)
  expect(snippets.length).toBeGreaterThan(4)
  const { stdout } = await run('bash', ['-euc', snippets.join('\n')], {
    cwd: root,
    env: { ...process.env, API: address, AUTH_JWT_SECRET: auth.secret },
  })
  const statuses = [...stdout.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status)
  expect(statuses).toEqual(['200', '200', '200', '200', '200', '400'])
  expect(stdout).toContain('"title":"Book a course"')
  expect(stdout).toContain('"capabilities"')
})
