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
async function startRefused(status: number) {
  const server = createServer((request, response) => {
    request.resume()
    response.writeHead(status).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close().closeAllConnections())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`
  const errors: string[] = []
  const config = { url, headers: '', sampler: 'parentbased_always_on', ratio: 1, delayMs: 5_000 }
  const tracing = await startTracing({ service: 'test', config, onError: (message) => void errors.push(message) })
  return { tracing, errors }
}

test('the work of a kept request has its trace, the work of another one only its id, and other work none', async () => {
  const { tracing, errors } = await startRefused(400)
  const seen = (traceparent: string | undefined) =>
    new Promise((resolve) => {
      const request = beginRequestTrace(traceparent === undefined ? {} : { traceparent })
      request?.run(() => resolve([request.traceId, traceHeaders().traceparent, currentOrigin() !== undefined]))
    })
  expect(await seen(sampled)).toEqual([traceId, expect.stringMatching(`^00-${traceId}-[0-9a-f]{16}-01$`), true])
  const unsampled = sampled.replace(/01$/, '00')
  expect(await seen(unsampled)).toEqual([traceId, expect.stringMatching(`^00-${traceId}-[0-9a-f]{16}-00$`), false])
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
