import { expect, test } from 'vitest'
import { normalizeFields } from './text.ts'

const decomposed = 'Cafe\u0301'
const composed = 'Caf\u00e9'

test('text is normalized to NFC and trimmed', () => {
  const fields = {
    title: `  ${decomposed}\t`,
    description: ` ${decomposed}\n`,
    category: decomposed,
    tags: [decomposed],
  }
  expect(normalizeFields(fields)).toEqual({
    title: composed,
    description: composed,
    category: composed,
    tags: [composed],
  })
})

test('a field that is absent or null is not changed', () => {
  expect(normalizeFields({})).toEqual({})
  expect(normalizeFields({ description: null, category: null })).toEqual({ description: null, category: null })
})

test.for([
  ['zero-width space', '\u200b'],
  ['zero-width joiner and non-joiner', '\u200d\u200c'],
  ['byte order mark', '\ufeff'],
  ['control characters', '\u0001\u007f\u0085'],
  ['direction marks', '\u202e\u2066'],
  ['soft hyphen', '\u00ad'],
  ['Hangul filler', '\u3164'],
  ['Braille blank', '\u2800'],
  ['ideographic spaces', '\u3000\u3000'],
  ['variation selector', '\ufe0f'],
  ['combining mark alone', '\u0301'],
  ['tag characters', '\u{e0041}'],
] as const)('a title, a category and a tag of a %s alone are refused', ([, text]) => {
  for (const fields of [{ title: text }, { category: text }, { tags: ['a', text] }])
    expect(() => normalizeFields(fields)).toThrow(/no visible character|longer/)
})

test.for(['👩‍👩‍👧', 'שלום', '。', 'x\u200b', '\u{1F1E9}\u{1F1EA}', 'ゔ', '-'])('a title of %s is visible', (title) => {
  expect(normalizeFields({ title }).title).toBe(title.normalize('NFC'))
})

test('tags that are equal after normalization are refused as repeated', () => {
  for (const tags of [
    [composed, decomposed],
    ['a', ' a'],
  ])
    expect(() => normalizeFields({ tags })).toThrow('repeats')
})

test('a title is refused when NFC makes it longer than its limit', () => {
  expect(() => normalizeFields({ title: '\u0958'.repeat(101) })).toThrow('must have at most 200 characters, not 202')
})
