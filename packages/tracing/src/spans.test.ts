import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { beginRequestTrace } from './request-trace.ts'
import { currentOrigin, inSpan, inSpanOf, runFor } from './spans.ts'
import { startTracing } from './start-tracing.ts'
import { carriedTrace, originOf, traceHeaders } from './traceparent.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const sampled = `00-${traceId}-b7ad6b7169203331-01`

test('work runs without a trace while tracing is off', async () => {
  expect(beginRequestTrace({ traceparent: sampled })).toBeUndefined()
  expect([currentOrigin(), originOf(sampled), carriedTrace(sampled), traceHeaders()]).toEqual([
    ...[undefined, undefined],
    ...[{}, {}],
  ])
  expect(await runFor([undefined], () => inSpan('work', {}, async () => 1))).toBe(1)
  expect(await inSpanOf(undefined, 'work', {}, async () => 2)).toBe(2)
  await expect(inSpan('work', {}, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
})

/** Starts the traces with a collector that refuses every span with `status`. */
async function startRefused(status: number, { sampler = 'parentbased_always_on', ratio = 1 } = {}) {
  const server = createServer((request, response) => {
    request.resume()
    response.writeHead(status).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close().closeAllConnections())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`
  const errors: string[] = []
  const config = { url, headers: '', sampler, ratio, delayMs: 5_000 }
  const tracing = await startTracing({ service: 'test', config, onError: (message) => void errors.push(message) })
  return { tracing, errors }
}

/** Begins the trace of a request, and looks at what its work has of it. */
function traced(headers: { traceparent?: string }) {
  const request = beginRequestTrace(headers)
  if (!request) throw new Error('Tracing is off.')
  let inside: { header: string | undefined; hasOrigin: boolean } | undefined
  request.span?.run(() => {
    inside = { header: traceHeaders().traceparent, hasOrigin: currentOrigin() !== undefined }
  })
  request.span?.end({ method: 'GET', route: '/', path: '/', status: 200 })
  return { ...request, inside }
}

test('the work of a kept request has its trace, another request only continues it, other work has none', async () => {
  const { tracing, errors } = await startRefused(400)
  const kept = traced({ traceparent: sampled })
  expect(kept.traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`))
  expect(kept).toMatchObject({ traceId, inside: { header: kept.traceparent, hasOrigin: true } })
  expect(kept.traceparent).not.toBe(sampled)
  const unsampled = sampled.replace(/01$/, '00')
  expect(traced({ traceparent: unsampled })).toEqual({ traceId, traceparent: unsampled })
  expect(await inSpan('sweep', {}, async () => traceHeaders())).toEqual({})
  expect([carriedTrace(unsampled), carriedTrace(sampled), carriedTrace(null)]).toEqual([
    {},
    { traceparent: sampled },
    {},
  ])

  await runFor([originOf(sampled)], () => inSpan('work', {}, async () => undefined))
  await tracing.close()
  expect(errors).toHaveLength(1)
  expect(beginRequestTrace({})).toBeUndefined()
})

test('a request without a parent gets a trace of its own, and nothing else when it is not kept', async () => {
  const { tracing } = await startRefused(400, { sampler: 'parentbased_traceidratio', ratio: 0.5 })
  const requests = Array.from({ length: 200 }, () => traced({ traceparent: 'not one' }))
  expect(new Set(requests.map(({ traceId: id }) => id)).size).toBe(200)
  const [kept, others] = [requests.filter(({ span }) => span), requests.filter(({ span }) => !span)]
  expect(Math.min(kept.length, others.length)).toBeGreaterThan(50)
  for (const { traceId: id, traceparent, inside } of kept) {
    expect(traceparent).toMatch(new RegExp(`^00-${id}-[0-9a-f]{16}-01$`))
    expect(inside).toEqual({ header: traceparent, hasOrigin: true })
  }
  for (const { traceId: id, traceparent } of others)
    expect(traceparent).toMatch(new RegExp(`^00-${id}-[0-9a-f]{16}-00$`))
  await tracing.close()
})

test('a sampler that ignores the parent hands on its own decision', async () => {
  const { tracing } = await startRefused(400, { sampler: 'always_off' })
  expect(traced({ traceparent: sampled })).toEqual({ traceId, traceparent: sampled.replace(/01$/, '00') })
  await tracing.close()
})
