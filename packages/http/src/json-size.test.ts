import { expect, test } from 'vitest'
import { sizeOfJson } from './json-size.ts'

const sizeOf = (text: string, maxValues?: number) => sizeOfJson(Buffer.from(text), maxValues)

/** Counts the values of parsed JSON, and how deep lists and objects lie in each other. */
function sizeOfValue(value: unknown): { values: number; depth: number } {
  if (typeof value !== 'object' || value === null) return { values: 1, depth: 0 }
  const inner = Object.values(value).map(sizeOfValue)
  return {
    values: inner.reduce((sum, { values }) => sum + values, 1),
    depth: 1 + Math.max(0, ...inner.map(({ depth }) => depth)),
  }
}

test.for([
  '1',
  '""',
  '[]',
  '{}',
  ' [ ] ',
  '[[],[],[[]]]',
  '{"a":{},"b":[1,2,{"c":[]}]}',
  '["[,{","\\"[,","\\\\",[]]',
  '{"a,[\\"":"]}","\\\\\\"":[1]}',
  '[\n1 ,\t{ "a" : [ ] }\r\n]',
  '["\u{1F600},[",[1]]',
])('the size of %s is that of the parsed value', (text) => {
  expect(sizeOf(text)).toEqual(sizeOfValue(JSON.parse(text)))
})

test('the size of a text shows one value too many when its last value is an empty list', () => {
  const withValues = (count: number) => `[${'1,'.repeat(count - 2)}[]]`
  expect(sizeOf(withValues(100), 100).values).toBe(100)
  expect(sizeOf(withValues(101), 100).values).toBeGreaterThan(100)
})

test('the size stops soon after the largest number of values when the text goes on', () => {
  expect(sizeOf('['.repeat(250_000), 100)).toEqual({ values: 102, depth: 101 })
  expect(sizeOf('[1'.padEnd(250_000, ',1'), 100).values).toBe(102)
})

test('the size of a text without an end is that of its beginning', () => {
  expect(sizeOf('[1,"[[[[')).toEqual({ values: 3, depth: 1 })
  expect(sizeOf('[1,"\\"')).toEqual({ values: 3, depth: 1 })
  expect(sizeOf(']]],')).toEqual({ values: 2, depth: 0 })
})
