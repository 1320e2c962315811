import { expect, test } from 'vitest'
import { closeUnreleased } from './changelog.ts'

const INTRODUCTION = '# Changelog\n\nWhat changes.\n\n'
const EARLIER = '## 0.1.0 - 2026-01-02\n\n### Added\n\n- Goals.\n'
const changelog = (notes: string, earlier = EARLIER) => `${INTRODUCTION}## Unreleased\n\n${notes}${earlier}`

test('a changelog gets a section of the version when there are entries', () => {
  expect(closeUnreleased(changelog('### Added\n\n- Tasks.\n\n'), '0.2.0', '2026-03-04')).toEqual({
    text: changelog('## 0.2.0 - 2026-03-04\n\n### Added\n\n- Tasks.\n\n'),
  })
})

test('a changelog gets its first section when nothing was released before', () => {
  expect(closeUnreleased(changelog('- Everything.\n', ''), '0.1.0', '2026-03-04')).toEqual({
    text: changelog('## 0.1.0 - 2026-03-04\n\n- Everything.\n', ''),
  })
})

test.for([
  ['*Unreleased* holds nothing', changelog(''), 'is empty'],
  ['*Unreleased* holds a heading alone', changelog('### Added\n\n'), 'is empty'],
  ['*Unreleased* holds nothing and is the last', changelog('', ''), 'is empty'],
  ['*Unreleased* is missing', INTRODUCTION + EARLIER, 'no section *Unreleased*'],
] as const)('a changelog is refused when %s', ([, text, reason]) => {
  expect(closeUnreleased(text, '0.2.0', '2026-03-04')).toEqual({ refusal: expect.stringContaining(reason) })
})

test('a changelog is refused when it is the result for the same version or has nothing new', () => {
  const once = closeUnreleased(changelog('- Tasks.\n\n'), '0.2.0', '2026-03-04')
  const text = 'text' in once ? once.text : ''
  expect(closeUnreleased(text, '0.2.0', '2026-03-04')).toEqual({ refusal: expect.stringContaining('0.2.0 already') })
  expect(closeUnreleased(text, '0.3.0', '2026-03-05')).toEqual({ refusal: expect.stringContaining('is empty') })
})
