import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { cleanUp } from '@goals-tasks/devstack/testing'

export type Receiver = Awaited<ReturnType<typeof startReceiver>>

/** The response to an event: a status, or no response until the sender ends the connection. */
type Answer = number | 'hang'

/** Starts a receiver of sync. It records each event that it accepts, and closes at the end of the scenario. */
export async function startReceiver() {
  /** The bodies by the id of their event. A repeated event must have the same body. */
  const accepted = new Map<string, string>()
  const refusedForGood = new Set<string>()
  const contradictory = new Set<string>()
  let answer: (eventId: string) => Answer = () => 204
  const server = createServer(async (request, response) => {
    const body = await readBody(request)
    const id = String(request.headers['webhook-id'])
    const status = answer(id)
    if (status === 'hang') return
    if (status === 410) refusedForGood.add(id)
    if (status < 300) {
      const known = accepted.get(id)
      if (known !== undefined && known !== body) contradictory.add(id)
      accepted.set(id, body)
    }
    response.writeHead(status).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUp(async () => void server.close().closeAllConnections())
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    accepted,
    /** Ids of the events that got 410. Each of them is a dead letter. */
    refusedForGood,
    /** Ids of the events that arrived with two different bodies. */
    contradictory,
    /** Decides the responses from now on. Without an argument every event is accepted. */
    answerWith(next: (eventId: string) => Answer = () => 204) {
      answer = next
    },
  }
}

async function readBody(request: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
