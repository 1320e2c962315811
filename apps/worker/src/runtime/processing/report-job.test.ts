import { expect, test } from 'vitest'
import { traceIdOf } from './report-job.ts'

const event = (correlationId: string | null) => ({ id: 'e', occurredAt: '2026-01-02T03:04:05Z', correlationId })

test('a job has the trace id of the request when one request caused all of its events', () => {
  expect(traceIdOf([event('a')])).toBe('a')
  expect(traceIdOf([event('a'), event('a')])).toBe('a')
  expect(traceIdOf([event('a'), event('b')])).toBeUndefined()
  expect(traceIdOf([event(null)])).toBeUndefined()
  expect(traceIdOf([])).toBeUndefined()
})
