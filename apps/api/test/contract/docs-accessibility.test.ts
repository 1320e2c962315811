import { existsSync } from 'node:fs'
import axe from 'axe-core'
import { chromium } from 'playwright-core'
import { expect } from 'vitest'
import { test as base } from '../support/test.ts'

const browserPath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'

const browserArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-sync',
]

const test = base
  .extend('address', { scope: 'file' }, async ({ api }) =>
    (await api.app.listen({ host: '127.0.0.1', port: 0 })).replace(/\/$/, ''),
  )
  // biome-ignore lint/correctness/noEmptyPattern: Vitest requires a destructuring pattern here.
  .extend('browser', { scope: 'file' }, async ({}, { onCleanup }) => {
    const browser = await chromium.launch({ executablePath: browserPath, args: browserArguments })
    onCleanup(() => browser.close())
    return browser
  })

/** A rule, and the HTML of the first elements that break it. */
type Finding = { id: string; html: string[] }

/** Runs in the page. */
const findSerious = `axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations
  .filter(({ impact }) => impact === 'serious' || impact === 'critical')
  .map(({ id, nodes }) => ({ id, html: nodes.slice(0, 5).map((node) => node.html) })))`

// A machine without a browser cannot show the page.
test.skipIf(!existsSync(browserPath)).for(['light', 'dark'] as const)(
  'the docs page has no serious finding of accessibility in %s colours',
  async (colorScheme, { address, browser }) => {
    const page = await browser.newPage({ colorScheme })
    const foreign: string[] = []
    page.on('request', (request) => {
      if (!request.url().startsWith(address) && !/^(data|blob):/.test(request.url())) foreign.push(request.url())
    })
    await page.goto(`${address}/docs`)
    await page.getByText('A first request').first().waitFor()
    await page.evaluate(axe.source)
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 900 })
      expect(await page.evaluate<Finding[]>(findSerious), `${width} pixels`).toEqual([])
    }
    expect(foreign).toEqual([])
    await page.close()
  },
)
