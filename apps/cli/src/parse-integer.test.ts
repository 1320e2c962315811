import { InvalidArgumentError } from 'commander'
import { expect, test } from 'vitest'
import { integerBetween } from './parse-integer.ts'

test('an integer is accepted when it is one of the bounds or between them', () => {
  const parse = integerBetween(1, 30)
  for (const text of ['1', '15', '30']) expect(parse(text)).toBe(Number(text))
  for (const text of ['0', '31', '1.5', 'x']) expect(() => parse(text), text).toThrow(InvalidArgumentError)
})
