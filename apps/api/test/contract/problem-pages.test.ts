import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { problemCodes, problemRow } from '@goals-tasks/http'
import { expect } from 'vitest'
import { test as base } from '../support/test.ts'
import { signToken } from '../support/token.ts'

const run = promisify(execFile)

const test = base.extend('address', { scope: 'file' }, async ({ api }) =>
  (await api.app.listen({ host: '127.0.0.1', port: 0 })).replace(/\/$/, ''),
)

test.for(problemCodes)('the page of %s says why it happens and what to do', async (code, { api }) => {
  const page = await api.app.inject({ url: `/problems/${code}` })
  expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
  expect(page.body).toContain(problemRow(code).title)
  expect(page.body).toContain('<h2>Why</h2>')
  expect(page.body).toContain('<h2>What to do</h2>')
  expect(page.body).toContain('<a href="/problems">')
})

test('the index of the problems leads to each of their pages', async ({ api }) => {
  const { body } = await api.app.inject({ url: '/problems' })
  for (const code of problemCodes) expect(body).toContain(`<a href="/problems/${code}">`)
})

test('an unknown problem has no page', async ({ api }) => {
  expect((await api.app.inject({ url: '/problems/__proto__' })).statusCode).toBe(404)
})

const hasCurl = spawnSync('curl', ['--version']).status === 0

test.skipIf(!hasCurl).for(problemCodes.filter((code) => problemRow(code).example !== undefined))(
  'the example of %s shows it',
  async (code, { ada, address }) => {
    const TOKEN = await signToken(ada.id, 'goals:read goals:write tasks:read tasks:write')
    const { stdout } = await run('bash', ['-euc', problemRow(code).example ?? ''], {
      env: { ...process.env, API: address, TOKEN },
    })
    expect(stdout).toContain(`HTTP/1.1 ${problemRow(code).status} `)
    expect(stdout).toContain(`"code":"${code}"`)
    // The detail in the document is the one of this response, unless it names an id or a version.
    if (!['gone', 'version-conflict'].includes(code))
      expect(stdout).toContain(`"detail":${JSON.stringify(problemRow(code).detail)}`)
  },
)
