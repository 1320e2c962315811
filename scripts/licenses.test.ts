import { expect, test } from 'vitest'
import { countLicenses, licenseProblems } from './licenses.ts'

const withLicense = (id: string) => ({ name: 'x', version: '1.0.0', licenses: [{ license: { id } }] })
const withExpression = (expression: string) => ({
  group: '@y',
  name: 'x',
  version: '2.0.0',
  licenses: [{ expression }],
})

test.for(['MIT', '(MIT OR CC0-1.0)', 'GPL-3.0-only OR MIT', 'MIT AND ISC'])('the licence %s is accepted', (license) => {
  expect(licenseProblems([withExpression(license)])).toEqual([])
})

test.for(['GPL-3.0-only', 'MIT AND GPL-3.0-only', 'GPL-2.0-only OR SSPL-1.0', '', 'MITX', 'SEE LICENSE IN x'])(
  'the licence %j is refused',
  (license) => {
    expect(licenseProblems([withExpression(license)])).toEqual([`@y/x@2.0.0: ${license || 'no licence'}`])
  },
)

test('a dependency without a licence is refused, and a package of this repository needs none', () => {
  const components = [
    { name: 'bare', version: '1.0.0' },
    { group: '@goals-tasks', name: 'db', version: '0.0.0' },
  ]
  expect(licenseProblems(components)).toEqual(['bare@1.0.0: no licence'])
})

test('licences are counted, the most frequent first', () => {
  expect(countLicenses([withLicense('ISC'), withLicense('MIT'), withLicense('MIT')])).toEqual([
    ['MIT', 2],
    ['ISC', 1],
  ])
})
