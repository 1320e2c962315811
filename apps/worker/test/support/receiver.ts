import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { cleanUp } from '@goals-tasks/devstack/testing'

type Received = { headers: IncomingHttpHeaders; text: string; body: Record<string, unknown> }

/**
 * Starts an endpoint that records what it receives. `answer` responds to the nth request. It closes with the test
 * or the file.
 */
export async function startReceiver(answer: (response: ServerResponse, nth: number) => void) {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    received.push({ headers: request.headers, text, body: JSON.parse(text) })
    answer(response, received.length)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUp(async () => void server.close().closeAllConnections())
  return { received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` }
}
