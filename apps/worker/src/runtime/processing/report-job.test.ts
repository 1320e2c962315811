import { expect, test } from 'vitest'
import { oneOrFirst, traceIdsOf } from './report-job.ts'

const event = (correlationId: string | null) => ({ id: 'e', occurredAt: '2026-01-02T03:04:05Z', correlationId })

test('a job has the trace id of the request when one request caused all of its events', () => {
  expect(traceIdsOf([event('a')])).toBe('a')
  expect(traceIdsOf([event('a'), event('a')])).toBe('a')
  expect(traceIdsOf([event(null)])).toBeUndefined()
  expect(traceIdsOf([])).toBeUndefined()
})

test('a job has the trace ids of all requests when several requests caused its events', () => {
  expect(traceIdsOf([event('a'), event('b'), event('a'), event(null)])).toEqual(['a', 'b'])
})

test('a line has ten different ids at most', () => {
  const ids = Array.from({ length: 30 }, (_, i) => `id-${i % 15}`)
  expect(oneOrFirst(ids)).toEqual(ids.slice(0, 10))
})
