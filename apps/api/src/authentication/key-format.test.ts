import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createKey, parseKey } from './key-format.ts'

test('a key contains its id and a secret whose hash it was created with', () => {
  const id = randomUUID()
  const { key, secretHash } = createKey(id)
  expect(key).toMatch(/^gtk_[0-9a-f]{32}_[0-9a-f]{72}$/)
  expect(parseKey(key)).toEqual({ id, secretHash })
  expect(createKey(id).key).not.toBe(key)
})

test('a text is no key when one of its characters differs', () => {
  const { key } = createKey(randomUUID())
  fc.assert(
    fc.property(fc.nat(key.length - 1), fc.constantFrom(...'0123456789abcdefG_ '), (place, character) => {
      fc.pre(key[place] !== character)
      expect(parseKey(key.slice(0, place) + character + key.slice(place + 1))).toBeUndefined()
    }),
  )
})

test.for(['', 'gtk_', 'gtk_x_y', `GTK_${'0'.repeat(32)}_${'0'.repeat(72)}`])('the text %j is no key', (text) => {
  expect(parseKey(text)).toBeUndefined()
})
