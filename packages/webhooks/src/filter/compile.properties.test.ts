import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileFilter } from './compile.ts'
import { FilterError } from './filter-error.ts'

const field = fc.constantFrom('status', 'title', 'metadata', 'metadata.a', 'metadata["b c"]', 'tags', 'dueAt', 'goalId')
const path = fc.tuple(fc.constantFrom('before', 'after'), field).map((parts) => parts.join('.'))
const scalar = fc.oneof(
  fc.string({ maxLength: 8 }).map((text) => JSON.stringify(text)),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (number === 0 ? '0' : String(number))),
  fc.constantFrom('true', 'false', 'null', 'before', 'after'),
)
const list = fc
  .array(fc.constantFrom('1', '"HIGH"', 'null'), { maxLength: 3 })
  .map((values) => `[${values.join(', ')}]`)
const operand = fc.oneof(path, scalar, list)
const operator = fc.constantFrom('==', '!=', '<', '<=', '>', '>=', 'in', 'not in')

/** Filters of the language, of up to three levels. */
const { expression } = fc.letrec<{ expression: string; comparison: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 3 },
    tie('comparison'),
    fc
      .tuple(tie('expression'), fc.constantFrom('and', 'or'), tie('expression'))
      .map(([left, word, right]) => `(${left}) ${word} ${right}`),
    tie('expression').map((inner) => `not (${inner})`),
  ),
  comparison: fc.oneof(
    fc.tuple(operand, operator, operand).map((parts) => parts.join(' ')),
    fc.constantFrom('changed(status)', 'changed(metadata.a)', 'true'),
  ),
}))

const body = fc.option(
  fc.oneof(
    fc.dictionary(fc.constantFrom('status', 'title', 'metadata', 'tags', 'dueAt', '__proto__'), fc.jsonValue()),
    fc.array(fc.jsonValue()),
  ),
)

test('an evaluation never throws and returns a boolean, for any filter of the language and any event', () => {
  fc.assert(
    fc.property(expression, body, body, (source, before, after) => {
      fc.pre(source.length <= 500)
      expect([true, false]).toContain(compileFilter(source)({ before, after }))
    }),
  )
})

test('a filter and its negation are never both true', () => {
  fc.assert(
    fc.property(expression, body, body, (source, before, after) => {
      fc.pre(source.length <= 490)
      const change = { before, after }
      expect(compileFilter(`not (${source})`)(change)).toBe(!compileFilter(source)(change))
    }),
  )
})

test('a text is a filter, or is refused with a place in it', () => {
  const words = fc.constantFrom(...'after before . status ( ) [ ] , "x" 1 == < in not and or changed null é'.split(' '))
  const text = fc.oneof(
    fc.string(),
    fc.array(words, { maxLength: 12 }).map((tokens) => tokens.join(' ')),
  )
  fc.assert(
    fc.property(text, (source) => {
      try {
        compileFilter(source)({ before: null, after: {} })
      } catch (error) {
        expect(error).toBeInstanceOf(FilterError)
        if (!(error instanceof FilterError)) return
        expect(error.position).toBeGreaterThan(0)
        expect(error.position).toBeLessThanOrEqual(source.length + 1)
      }
    }),
  )
})
