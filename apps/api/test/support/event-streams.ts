import { randomUUID } from 'node:crypto'
import { cleanUp, until } from '@goals-tasks/devstack/testing'
import { userScopes } from '@goals-tasks/http'
import type { TestApp } from './test-app.ts'
import { signToken } from './token.ts'

type Change = { id: string; type: string; entityId: string; version: number; removed: boolean } & Record<
  string,
  unknown
>
type Block = { id?: string; event?: string; data?: Record<string, unknown>; retry?: string }

export type OpenOptions = {
  userId?: string
  token?: string
  cursor?: string
  lastEventId?: string
  types?: string
  headers?: Record<string, string>
}

/** Opens a stream of server-sent events. It closes with the test. */
export async function openEventStream(
  api: Pick<TestApp, 'listen'>,
  { userId = randomUUID(), token, lastEventId, headers, ...query }: OpenOptions = {},
) {
  const hangUp = new AbortController()
  cleanUp(async () => hangUp.abort())
  const credentials = token ?? (await signToken(userId, userScopes.join(' ')))
  const response = await fetch(`${await api.listen()}/v1/changes?${new URLSearchParams(query)}`, {
    headers: {
      ...{ accept: 'text/event-stream', authorization: `Bearer ${credentials}` },
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
      ...headers,
    },
    signal: hangUp.signal,
  })
  const blocks: Block[] = []
  let ended = false
  const reading = response.ok ? readBlocks(response, blocks) : Promise.resolve()
  void reading.catch(() => undefined).finally(() => (ended = true))
  return {
    response,
    blocks,
    /** Returns the blocks of one kind of event. */
    of: (event: string) => blocks.filter((block) => block.event === event),
    changes: () => blocks.filter(({ event }) => event === 'change').map(({ data }) => data as Change),
    lastId: () => blocks.findLast(({ id }) => id !== undefined)?.id ?? '',
    waitFor: (event: string) => until(() => blocks.some((block) => block.event === event)),
    hasEnded: () => ended,
    close: () => hangUp.abort(),
  }
}

async function readBlocks({ body }: Response, blocks: Block[]): Promise<void> {
  let text = ''
  for await (const part of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const whole = (text + part).split('\n\n')
    text = whole.pop() ?? ''
    for (const block of whole) blocks.push(parseBlock(block))
  }
}

function parseBlock(block: string): Block {
  const { data, ...fields } = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s, 2)))
  return { ...fields, ...(data !== undefined && { data: JSON.parse(data) }) }
}
