import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { cleanUp } from '@goals-tasks/devstack/testing'

export type CollectedSpan = {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  links: readonly { traceId: string; spanId: string }[]
  service: string
  startTimeUnixNano: string
  endTimeUnixNano: string
}

type Value = { stringValue?: string }
type Body = {
  resourceSpans: {
    resource: { attributes: { key: string; value: Value }[] }
    scopeSpans: { spans: Omit<CollectedSpan, 'service'>[] }[]
  }[]
}

/** Starts a collector of OTLP in JSON, which keeps every span that it gets. It closes with the test or the fixture. */
export async function startCollector() {
  const spans: CollectedSpan[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    spans.push(...spansIn(JSON.parse(body)))
    response.setHeader('content-type', 'application/json').end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUp(async () => void server.close().closeAllConnections())
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: spans as readonly CollectedSpan[],
    ofTrace: (traceId: string) => spans.filter((span) => span.traceId === traceId),
  }
}

const spansIn = ({ resourceSpans }: Body): CollectedSpan[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? ''
    return scopeSpans.flatMap((scope) => scope.spans.map((span) => ({ ...span, links: span.links ?? [], service })))
  })
