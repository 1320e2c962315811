import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('../', import.meta.url)
const page = readFileSync(new URL('docs/security.md', root), 'utf8')

const filesIn = (text: string): string[] =>
  [...text.matchAll(/`((?:apps|packages|checks|scripts)\/[\w./-]+\.ts)`/g)].map(([, file = '']) => file)
const exists = (file: string) => existsSync(new URL(file, root))
const isTest = (file: string) => file.endsWith('.test.ts')
const isSource = (file: string) => !/\/test\/|\.test\.ts$/.test(file)

const sections = page.split(/^## /m)

/** Returns the cells of each row of the table in a section, without its head. */
function rowsOf(title: string): string[][] {
  const section = sections.find((each) => each.startsWith(title)) ?? ''
  const lines = section.split('\n').filter((line) => line.startsWith('|'))
  return lines.map((line) => line.split('|').map((cell) => cell.trim())).map((cells) => cells.slice(1, -1))
}

const tables = { 'OWASP API Security': 'risk', 'OWASP ASVS': 'requirement' }

test('the page about security names only files that exist', () => {
  const files = filesIn(page)
  expect(files.length).toBeGreaterThan(100)
  expect(files.filter((file) => !exists(file))).toEqual([])
})

test.for(Object.entries(tables))('every row of %s names code and a test that exist', ([title, first]) => {
  const [head, line, ...rows] = rowsOf(title)
  expect(head).toEqual([first, 'control', 'code', 'test'])
  expect(line).toEqual(Array(4).fill('---'))
  expect(rows.length).toBeGreaterThanOrEqual(10)
  for (const [name = '', control, code = '', tests = '', ...more] of rows) {
    expect([control, more], name).toEqual([expect.stringMatching(/\.$/), []])
    const sources = filesIn(code)
    const proofs = filesIn(tests).filter((file) => isTest(file) && exists(file))
    expect([sources.length > 0, proofs.length > 0], name).toEqual([true, true])
    expect(
      sources.filter((file) => !isSource(file) || !exists(file)),
      name,
    ).toEqual([])
  }
})

test('each risk and each chapter has a row, or a reason why it is not covered', () => {
  const names = Object.keys(tables).flatMap((title) => rowsOf(title).map(([name = '']) => name))
  const notCovered = sections.find((section) => section.startsWith('Not covered')) ?? ''
  const chaptersIn = (text: string) => text.match(/\b(API|V)\d+/g) ?? []
  const all = [...Array(10).keys()].map((i) => `API${i + 1}`).concat([...Array(17).keys()].map((i) => `V${i + 1}`))
  const covered = new Set([...names, notCovered].flatMap(chaptersIn))
  expect(all.filter((chapter) => !covered.has(chapter))).toEqual([])
})
