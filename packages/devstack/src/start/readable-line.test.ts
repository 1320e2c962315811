import { describe, expect, test } from 'vitest'
import { createReadableLine } from './readable-line.ts'

const base = { level: 'info', time: '2026-01-02T03:04:05.000Z', name: 'api', pid: 1 }
const readable = (name: string, fields: object) =>
  createReadableLine(false)(name, JSON.stringify({ ...base, ...fields })).slice('00:00:00 '.length)

describe('a readable line', () => {
  test('shows a request by method, path, status and time', () => {
    expect(readable('api', { msg: 'request', method: 'GET', url: '/v1/goals', status: 200, ms: 1.2 })).toBe(
      '(api): GET /v1/goals 200 1.2 ms',
    )
    const created = { msg: 'request', method: 'POST', url: '/v1/goals', status: 201, ms: 4 }
    expect(readable('api', { ...created, location: '/v1/goals/g1', traceId: 't1' })).toBe(
      '(api): POST /v1/goals 201 4 ms location=/v1/goals/g1 traceId=t1',
    )
  })

  test('shows a consumer, its outcome and the event', () => {
    const fields = {
      msg: 'done',
      consumer: 'audit-log',
      type: 'goal:created',
      eventId: 'e1',
      events: 1,
      ms: 13,
      subject: 'g1',
      traceId: 't1',
    }
    expect(readable('worker', fields)).toBe(
      '(worker): audit-log done goal:created subject=g1 traceId=t1 eventId=e1 events=1 13 ms',
    )
  })

  test('shows the level and the reason of a failure on one line', () => {
    const err = { type: 'Error', message: 'no answer', stack: 'Error: no answer\n    at x' }
    expect(readable('worker', { level: 'warn', msg: 'attempt failed', consumer: 'sync', attempt: 2, err })).toBe(
      'WARN (worker): sync attempt failed attempt=2 (no answer)',
    )
  })

  test('shows the actor and the dead letter of an action', () => {
    const fields = {
      msg: 'dead letter discarded',
      consumer: 'sync',
      type: 'goal:created',
      actorId: 'a1',
      deadLetterId: 'd1',
    }
    expect(readable('ops', fields)).toBe('(ops): sync dead letter discarded goal:created actorId=a1 deadLetterId=d1')
  })

  test('shows text that is not JSON unchanged', () => {
    expect(createReadableLine(false)('ops', '{ oops')).toMatch(/^\d\d:\d\d:\d\d \(ops\): \{ oops$/)
  })

  test('has colours only when requested', () => {
    expect(createReadableLine(true)('api', JSON.stringify(base))).toContain('\u001b[')
    expect(createReadableLine(false)('api', JSON.stringify(base))).not.toContain('\u001b[')
  })
})
