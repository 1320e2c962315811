import { existsSync } from 'node:fs'
import axe from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'
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

// A machine without a browser cannot show the pages.
const noBrowser = !existsSync(browserPath)
const colours = ['light', 'dark'] as const

/** Opens a page that waits as long as the test may run: a busy machine needs long to show Scalar. */
async function openPage(browser: Browser, colorScheme: (typeof colours)[number]): Promise<Page> {
  const page = await browser.newPage({ colorScheme })
  page.setDefaultTimeout(0)
  return page
}

/** Returns the serious findings at the widths of a desk and of a phone. The page must be loaded. */
async function findingsOf(page: Page): Promise<Record<string, Finding[]>> {
  const findings: Record<string, Finding[]> = {}
  await page.evaluate(axe.source)
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 900 })
    findings[`${page.url()} at ${width} pixels`] = await page.evaluate<Finding[]>(findSerious)
  }
  return findings
}

const none = (findings: Record<string, Finding[]>) => Object.fromEntries(Object.keys(findings).map((key) => [key, []]))

test.skipIf(noBrowser).for(colours)(
  'the docs page has no serious finding of accessibility in %s colours',
  async (colorScheme, { address, browser }) => {
    const page = await openPage(browser, colorScheme)
    const foreign: string[] = []
    page.on('request', (request) => {
      if (!request.url().startsWith(address) && !/^(data|blob):/.test(request.url())) foreign.push(request.url())
    })
    await page.goto(`${address}/docs`)
    await page.getByText('A first request').first().waitFor()
    // The sample of the first operation.
    await page.getByText('$API/v1/goals').first().waitFor()
    const findings = await findingsOf(page)
    expect(findings).toEqual(none(findings))
    expect(foreign).toEqual([])
    await page.close()
  },
)

test.skipIf(noBrowser).for(colours)(
  'the pages of problems, of events and of live changes have no serious finding of accessibility in %s colours',
  async (colorScheme, { address, browser }) => {
    const page = await openPage(browser, colorScheme)
    for (const path of ['/problems', '/problems/version-conflict', '/docs/events', '/docs/live']) {
      await page.goto(`${address}${path}`)
      const findings = await findingsOf(page)
      expect(findings).toEqual(none(findings))
    }
    await page.close()
  },
)
