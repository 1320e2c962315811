import { expect, test } from 'vitest'
import { throttled } from './throttled.ts'

test('a throttled report is called once in its interval', () => {
  const reported: number[] = []
  const report = throttled(60_000, (n: number) => reported.push(n))
  for (let n = 0; n < 100; n++) report(n)
  expect(reported).toEqual([0])
})
