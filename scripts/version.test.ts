import { expect, test } from 'vitest'
import { nextVersion } from './version.ts'

test.for([
  ['major', '2.0.0'],
  ['minor', '1.3.0'],
  ['patch', '1.2.4'],
  ['1.2.3', '1.2.3'],
  ['1.10.0', '1.10.0'],
] as const)('a version follows 1.2.3 when "%s" is asked for', ([wanted, version]) => {
  expect(nextVersion('1.2.3', wanted)).toEqual({ version })
})

test.for([undefined, '', 'big', 'v1.3.0', '1.3', '01.3.0', '1.2.2', '1.1.9', '0.9.9'])(
  'a version is refused when "%s" is asked for',
  (wanted) => {
    expect(nextVersion('1.2.3', wanted)).toEqual({ refusal: expect.any(String) })
  },
)

test('a version is refused when the current one is of another form', () => {
  expect(nextVersion('1.2.3-beta', 'patch')).toEqual({ refusal: expect.stringContaining('"1.2.3-beta"') })
})
