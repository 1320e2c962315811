import { messageOf } from '@goals-tasks/config/message-of'
import type { GuardedAgentOptions } from './guarded-agent.ts'
import { parseRetryAfterMs } from './retry-after.ts'

/** The result of one request. */
export type Answer = {
  /** The HTTP status, or null when none arrived. A status counts even when the rest of the response did not arrive. */
  status: number | null
  /** Why no status arrived. It names no credentials of the URL. Null with a status. */
  error: string | null
  /** The first 1,024 bytes of the body as text, or null without a body. */
  response: string | null
  /** The wait that the receiver asks for. 0 without one. */
  retryAfterMs: number
  durationMs: number
}

type Post = { url: string; headers: Record<string, string>; body: string }
export type SenderOptions = GuardedAgentOptions & { timeoutMs?: number }
export type Sender = ReturnType<typeof createSender>

const maxReadBytes = 16_384
const maxKeptBytes = 1_024

/**
 * Creates a function that posts a body and never throws. A request takes at most `timeoutMs` in all, and reads at most
 * 16 KiB of the response. It follows no redirect: only the owner of an endpoint may change its address.
 */
export function createSender({ timeoutMs = 10_000, ...guarded }: SenderOptions) {
  // The client is large, and most processes send nothing.
  let loading: Promise<Client> | undefined
  const load = () => {
    loading ??= loadClient(guarded)
    return loading
  }
  return {
    async post({ url, headers, body }: Post): Promise<Answer> {
      const startedAt = performance.now()
      const signal = AbortSignal.timeout(timeoutMs)
      const sending = load().then((client) => readAnswer(client, url, { signal, method: 'POST', headers, body }))
      const answer = await sending.catch((error) => ({
        ...{ status: null, response: null, retryAfterMs: 0 },
        error: reasonOf(error, timeoutMs),
      }))
      return { ...answer, durationMs: Math.round(performance.now() - startedAt) }
    },
    close: async (): Promise<void> => (await loading)?.dispatcher.destroy(),
  }
}

type Client = Awaited<ReturnType<typeof loadClient>>

async function loadClient(guarded: GuardedAgentOptions) {
  const { createGuardedAgent, request } = await import('./guarded-agent.ts')
  return { dispatcher: createGuardedAgent(guarded), request }
}

async function readAnswer(
  { dispatcher, request }: Client,
  url: string,
  options: Parameters<Client['request']>[1],
): Promise<Omit<Answer, 'durationMs'>> {
  const { statusCode, headers, body } = await request(url, { ...options, dispatcher })
  return {
    status: statusCode,
    error: null,
    response: await readStart(body),
    retryAfterMs: parseRetryAfterMs(firstOf(headers['retry-after']), Date.now()),
  }
}

/** Reads the start of a body, or as much as arrives. Ends the connection when more follows. */
async function readStart(body: AsyncIterable<Buffer>): Promise<string | null> {
  const chunks: Buffer[] = []
  try {
    let size = 0
    for await (const chunk of body) {
      chunks.push(chunk)
      size += chunk.length
      if (size >= maxReadBytes) break
    }
  } catch {
    // The status has arrived, and the body is only for the log.
  }
  const kept = Buffer.concat(chunks).subarray(0, maxKeptBytes)
  return kept.length === 0 ? null : kept.toString().replaceAll('\0', '\uFFFD')
}

const firstOf = (header: string | string[] | undefined): string | null => [header].flat()[0] ?? null

/** The text of an invalid URL would quote it with its credentials, so its error is not passed on. */
function reasonOf(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return 'the request failed'
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs / 1_000} s`
  if ('code' in error && error.code === 'ERR_INVALID_URL') return 'the URL is invalid'
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(', ')
  return messageOf(error)
}
