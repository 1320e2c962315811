import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { createSealer } from './sealed-secrets.ts'

const [oldKey, newKey] = [randomBytes(32), randomBytes(32)]
const secret = Buffer.from('the secret of an endpoint')
const sealer = createSealer([oldKey])

test('a sealed secret opens with its key, and hides the secret', () => {
  const sealed = sealer.seal(secret, 'row-1')
  expect(sealed.includes(secret)).toBe(false)
  expect(sealed.includes(oldKey)).toBe(false)
  expect(sealer.open(sealed, 'row-1')).toEqual(secret)
})

test('a secret is sealed into other bytes each time', () => {
  expect(sealer.seal(secret, 'row-1')).not.toEqual(sealer.seal(secret, 'row-1'))
})

test('a sealed secret does not open when it was copied to another row', () => {
  const sealed = sealer.seal(secret, 'row-1')
  expect(() => sealer.open(sealed, 'row-2')).toThrow()
})

test('a sealed secret does not open when any byte of it was changed', () => {
  const sealed = sealer.seal(secret, 'row-1')
  for (let i = 0; i < sealed.length; i++) {
    const changed = Buffer.from(sealed)
    changed[i] = (changed[i] ?? 0) ^ 1
    expect(() => sealer.open(changed, 'row-1')).toThrow()
  }
})

test('a sealed secret does not open when it was cut', () => {
  const sealed = sealer.seal(secret, 'row-1')
  for (let length = 0; length < sealed.length; length++)
    expect(() => sealer.open(sealed.subarray(0, length), 'row-1')).toThrow()
})

test('after a rotation the first key seals, and every key opens', () => {
  const rotated = createSealer([newKey, oldKey])
  const before = sealer.seal(secret, 'row-1')
  const after = rotated.seal(secret, 'row-1')
  expect(rotated.open(before, 'row-1')).toEqual(secret)
  expect(createSealer([newKey]).open(after, 'row-1')).toEqual(secret)
  expect(() => sealer.open(after, 'row-1')).toThrow('SECRETS_KEY does not contain the key of this secret')
  expect([rotated.isCurrent(before), rotated.isCurrent(after)]).toEqual([false, true])
})
