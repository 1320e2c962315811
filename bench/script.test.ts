import { expect, test } from 'vitest'
import { toScript } from './script.ts'

const record = (text: string, values: readonly unknown[] = []) => [{ name: 'recorded', text, values }]
const fixed = { varied: new Map<unknown, string>(), rows: [1, 10] } as const

test('a script passes recorded values as variables when they are neither null nor varied', () => {
  const statements = record('select $1::text, $2::int, $3::uuid', ['Title', null, 'an-id'])
  const script = toScript(statements, { varied: new Map([['an-id', 'gen_random_uuid()']]), rows: [1, 10] })
  expect(script.texts).toEqual(['select :s0p1::text, null::int, gen_random_uuid()::uuid'])
  expect(script.variables).toEqual({ s0p1: 'Title' })
})

test('a script has no parameter inside a literal when the literal contains a colon', () => {
  const { texts } = toScript(record(`select null::json, x = 'goal:completed', 'plain', ':' from x`), fixed)
  expect(texts).toEqual([`select null::json, x = ('goal:' || 'completed'), 'plain', ':' from x`])
})
