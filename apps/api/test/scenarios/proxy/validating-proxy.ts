import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { createDocumentCheck, type Document } from './document-check.ts'

export type Proxy = { url: string; passed(): number; findings: readonly string[]; close(): void }

const maxFindings = 20

/** Starts a proxy before an API. It compares each response with the document that the API serves. */
export async function startValidatingProxy(apiUrl: string): Promise<Proxy> {
  const document = (await (await fetch(`${apiUrl}/openapi.json`)).json()) as Document
  const check = createDocumentCheck(document)
  const agent = new Agent({ keepAlive: true })
  const findings: string[] = []
  let passed = 0

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = '', url = '' } = incoming
    // The proxy reads the body, so it asks for no compression.
    const headers = { ...incoming.headers, 'accept-encoding': 'identity' }
    const forwarded = request(`${apiUrl}${url}`, { method, headers, agent }).end(await buffer(incoming))
    const [response] = (await once(forwarded, 'response')) as [IncomingMessage]
    const body = await buffer(response)
    const status = response.statusCode ?? 0
    const path = url.split('?')[0] ?? ''
    const finding = check({ method, path, status, headers: response.headers, body: String(body) })
    passed++
    if (finding && findings.length < maxFindings) findings.push(`${method} ${url}: ${finding}; ${String(body)}`)
    outgoing.writeHead(status, response.headers).end(body)
  }

  // A client that was slow to send its next request would find its connection closed.
  const server = createServer({ keepAliveTimeout: 600_000 }, (incoming, outgoing) => {
    pass(incoming, outgoing).catch((error) => {
      findings.push(`${incoming.method} ${incoming.url}: ${error}`)
      outgoing.writeHead(502).end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return {
    url: `http://127.0.0.1:${port}`,
    passed: () => passed,
    findings,
    close() {
      agent.destroy()
      server.close().closeAllConnections()
    },
  }
}
