import { randomBytes, randomUUID } from 'node:crypto'
import { fileFixture, until } from '@goals-tasks/devstack/testing'
import { test as base, expect } from 'vitest'
import { type CollectedSpan, startCollector } from '../support/processes/collector.ts'
import { signToken } from '../support/processes/marked-requests.ts'
import { installProcesses } from '../support/processes/process-installation.ts'
import { startReceiver } from '../support/receiver.ts'

/** An API and a worker that send their spans to a collector, and the headers of the events that a receiver got. */
const test = base.extend(
  'traced',
  { scope: 'file' },
  fileFixture(async () => {
    const [collector, receiver] = await Promise.all([startCollector(), startReceiver((response) => response.end())])
    const settings = {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_BSP_SCHEDULE_DELAY: '50',
      SYNC_URL: receiver.url,
      LOG_LEVEL: 'debug',
    }
    const installation = await installProcesses({ settings })
    // The worker records that there is a receiver, before the first change.
    await installation.startWorker()
    const api = await installation.startApi()
    const authorization = `Bearer ${await signToken('goals:read goals:write')}`
    const send = (path: string, init: RequestInit = {}, headers: Record<string, string> = {}) =>
      fetch(`${api.url}/v1${path}`, { ...init, headers: { authorization, ...headers } })
    const createGoal = (traceparent?: string) =>
      send(
        '/goals',
        { method: 'POST', body: JSON.stringify({ title: 'a goal' }) },
        { 'content-type': 'application/json', ...(traceparent && { traceparent }) },
      )
    return { collector, api, send, createGoal, received: receiver.received }
  }),
)

const newParent = (flags: '00' | '01') => {
  const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')]
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-${flags}` }
}

/** Returns the names from a span up to its trace's first span of ours. */
function pathOf(spans: readonly CollectedSpan[], span: CollectedSpan | undefined): string[] {
  if (!span) return []
  return [
    span.name,
    ...pathOf(
      spans,
      spans.find(({ spanId }) => spanId === span.parentSpanId),
    ),
  ]
}

test('a request, its statements, its jobs and their effects are one trace below the span of the caller', async ({
  traced: { collector, createGoal, received },
}) => {
  const { traceId, spanId, traceparent } = newParent('01')
  const response = await createGoal(traceparent)
  expect([response.status, response.headers.get('x-request-id')]).toEqual([201, traceId])
  const paths = () => {
    const spans = collector.ofTrace(traceId)
    return spans.map((span) => pathOf(spans, span).join(' < '))
  }
  const request = 'POST /v1/goals'
  const expected = [
    `goals_create < ${request}`,
    `enqueue audit-log < ${request}`,
    `enqueue sync < ${request}`,
    `audit_log_append < job audit-log < ${request}`,
    `effect sync < job sync < ${request}`,
    `webhook_deliveries_finish < job sync < ${request}`,
    request,
  ]
  await until(() => {
    expect(paths()).toEqual(expect.arrayContaining(expected))
    return true
  })
  const spans = collector.ofTrace(traceId)
  expect(spans.find(({ name }) => name === request)).toMatchObject({ parentSpanId: spanId, service: 'goals-tasks-api' })
  const effect = spans.find(({ name }) => name === 'effect sync')
  expect(effect).toMatchObject({ service: 'goals-tasks-worker' })
  expect(received.map(({ headers }) => headers.traceparent)).toContain(`00-${traceId}-${effect?.spanId}-01`)
})

test('the id of a trace is the one in the header, the problem and the log, also when the trace is not sampled', async ({
  traced: { collector, api, send, createGoal },
}) => {
  const missing = await send(`/goals/${randomUUID()}`)
  const { traceId } = (await missing.json()) as { traceId: string }
  expect(missing.headers.get('x-request-id')).toBe(traceId)
  await api.process.waitForLog((line) => line.msg === 'request' && line.traceId === traceId)
  await until(() => collector.ofTrace(traceId).some(({ name }) => name === 'GET /v1/goals/:goalId'))

  const unsampled = newParent('00')
  const created = await createGoal(unsampled.traceparent)
  expect(created.headers.get('x-request-id')).toBe(unsampled.traceId)
  // The spans of a later request are sent after those of the one before.
  const later = newParent('01')
  await createGoal(later.traceparent)
  await until(() => collector.ofTrace(later.traceId).some(({ name }) => name === 'effect sync'))
  expect(collector.ofTrace(unsampled.traceId)).toEqual([])
})

test('a statement of many requests and a job of many events begin traces of their own with links', async ({
  traced: { collector, createGoal },
}) => {
  const parents = Array.from({ length: 40 }, () => newParent('01'))
  await Promise.all(parents.map(({ traceparent }) => createGoal(traceparent)))
  const shared = (name: string) => collector.spans.filter((span) => span.name === name && span.links.length > 1)
  await until(() => ['goals_create', 'job sync'].every((name) => shared(name).length > 0))
  const ids = new Set(parents.map(({ traceId }) => traceId))
  for (const { parentSpanId, traceId, links } of ['goals_create', 'job sync'].flatMap(shared)) {
    expect(parentSpanId).toBeFalsy()
    expect(ids.has(traceId)).toBe(false)
    for (const link of links) expect(ids.has(link.traceId)).toBe(true)
  }
  // The effect outside belongs to its own request, with a link to the job.
  await until(() => {
    const effects = collector.spans.filter(({ name, traceId }) => name === 'effect sync' && ids.has(traceId))
    return effects.length === parents.length
  })
})

test('a worker without work sends no span', async ({ traced: { collector, createGoal } }) => {
  const { traceId, traceparent } = newParent('01')
  await createGoal(traceparent)
  await until(() => collector.ofTrace(traceId).some(({ name }) => name === 'effect sync'))
  const isFirst = ({ parentSpanId, links }: CollectedSpan) => !parentSpanId && links.length === 0
  const names = collector.spans.filter(isFirst).map(({ name }) => name)
  expect(names.filter((name) => !/^(GET|POST) /.test(name))).toEqual([])
})
