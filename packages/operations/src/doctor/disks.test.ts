import { expect, test } from 'vitest'
import { judgeSpace } from './disks.ts'

test.for([
  [50, 'ok', 'the files; 50.0 of 100.0 GB are free'],
  [9, 'warning', 'the files; 9.0 of 100.0 GB are free'],
  [1, 'problem', 'the files; 1.0 of 100.0 GB are free'],
] as const)('a disk of 100 GB of which %i are free is: %s', ([free, state, fact]) => {
  const space = { freeBytes: free * 1e9, totalBytes: 100e9 }
  expect(judgeSpace('disk', space, 'the files')).toMatchObject({ check: 'disk', state, fact })
})

test('a disk that is not visible is no finding that needs a fix', () => {
  expect(judgeSpace('disk', null, 'the files')).toMatchObject({
    state: 'ok',
    fact: expect.stringContaining('not visible'),
  })
})
