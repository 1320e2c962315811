import { randomBytes, randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLinkTokens } from './links.ts'

const [key, otherKey] = [randomBytes(32), randomBytes(32)]
const tokensOf = (...keys: Buffer[]) => createLinkTokens(keys) ?? expect.fail('there is a key')
const tokens = tokensOf(key)
const [id, userId] = [randomUUID(), randomUUID()]

test('a token names what it was made for', () => {
  expect(tokens.parseConfirmation(tokens.confirmation(id))).toBe(id)
  const token = tokens.unsubscription(userId, 'task-completed')
  expect(tokens.parseUnsubscription(token)).toEqual({ userId, kind: 'task-completed' })
  expect(token.length).toBeLessThan(100)
})

test('a token is void when one character differs, and for another purpose, and with another key', () => {
  const token = tokens.confirmation(id)
  fc.assert(
    fc.property(fc.nat(token.length - 1), fc.constantFrom(...'AZaz09-_.~'), (place, character) => {
      fc.pre(token[place] !== character)
      const other = tokens.parseConfirmation(token.slice(0, place) + character + token.slice(place + 1))
      // The last character of base64url has bits that stand for nothing.
      expect(other === undefined || (place === token.length - 1 && other === id)).toBe(true)
    }),
  )
  expect(tokens.parseUnsubscription(token)).toBeUndefined()
  expect(tokensOf(otherKey).parseConfirmation(token)).toBeUndefined()
})

test('no link has a token when there is no key', () => {
  expect(createLinkTokens([])).toBeUndefined()
})

test('a token of an earlier key is accepted until the key is removed', () => {
  expect(tokensOf(otherKey, key).parseConfirmation(tokens.confirmation(id))).toBe(id)
})

test.for(['', '.', 'x', '..', `${'A'.repeat(22)}.`, '%00.AAAA'])('the text %j is no token', (text) => {
  expect(tokens.parseConfirmation(text)).toBeUndefined()
  expect(tokens.parseUnsubscription(text)).toBeUndefined()
})
