import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('../', import.meta.url)
const page = readFileSync(new URL('docs/security.md', root), 'utf8')

test('the page about security names only files that exist', () => {
  const files = [...page.matchAll(/`((?:apps|packages|checks|scripts)\/[\w./-]+\.ts)`/g)].map(([, file = '']) => file)
  expect(files.length).toBeGreaterThan(40)
  expect(files.filter((file) => !existsSync(new URL(file, root)))).toEqual([])
})

test('every row about a risk or a requirement names a test', () => {
  const rows = page.split('\n').filter((line) => /^\| (API\d|V\d)/.test(line))
  expect(rows.length).toBeGreaterThan(20)
  expect(rows.filter((row) => !row.includes('.test.ts`'))).toEqual([])
})
