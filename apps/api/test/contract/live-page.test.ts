import { existsSync } from 'node:fs'
import { userScopes } from '@goals-tasks/http'
import { chromium } from 'playwright-core'
import { expect } from 'vitest'
import { test } from '../support/test.ts'
import { signToken } from '../support/token.ts'

const browserPath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'

test('the live page has scripts and styles of its own only, and cannot be framed', async ({ api }) => {
  const { headers, body } = await api.app.inject({ url: '/docs/live' })
  expect(headers['content-type']).toBe('text/html; charset=utf-8')
  const policy = String(headers['content-security-policy']).replace(/sha256-[\w+/=]+/, 'sha256')
  expect(policy.split('; ')).toEqual([
    ...["default-src 'none'", "style-src 'sha256' 'self'", "script-src 'self'", "connect-src 'self'"],
    ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
  ])
  const files = [...body.matchAll(/(?:src|href)="(\/docs\/live\.\w+)"/g)].map(([, url = '']) => url)
  expect(files).toEqual(['/docs/live.css', '/docs/live.js'])
  for (const url of files) expect((await api.app.inject({ url })).statusCode, url).toBe(200)
})

test.skipIf(!existsSync(browserPath))(
  'the live page shows the changes of its user, and keeps the token nowhere',
  async ({ api, ada }) => {
    const address = await api.listen()
    const token = await signToken(ada.id, userScopes.join(' '))
    const browser = await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox', '--disable-gpu'] })
    try {
      const page = await browser.newPage()
      page.setDefaultTimeout(0)
      const [urls, problems]: [string[], string[]] = [[], []]
      page.on('request', (request) => urls.push(request.url()))
      page.on('pageerror', ({ message }) => problems.push(message))
      await page.goto(`${address}/docs/live`)
      const follow = async (given: string) => {
        await page.getByLabel('A token').fill(given)
        await page.getByRole('button', { name: 'Follow' }).click()
      }
      await follow('none')
      await page.getByText('The token is malformed').waitFor()
      await follow(`Bearer ${token}`)
      await page.getByText('Connected.').waitFor()
      const goal = await ada.createGoal({ title: '<b>Learn to sail</b>' })
      await page.getByText('<b>Learn to sail</b>').first().waitFor()
      await ada.actOnGoal(goal.id, 'complete')
      await page.getByText('COMPLETED').first().waitFor()
      expect(await page.evaluate('[localStorage.length, sessionStorage.length, document.cookie]')).toEqual([0, 0, ''])
      expect(await page.getByLabel('A token').inputValue()).toBe('')
      await page.getByRole('button', { name: 'Stop' }).click()
      await page.getByText('Stopped.').waitFor()
      expect(urls.filter((url) => !url.startsWith(address) || url.includes(token))).toEqual([])
      expect(problems).toEqual([])
    } finally {
      await browser.close()
    }
  },
)
