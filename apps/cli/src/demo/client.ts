import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { signToken, type TokenSecret } from '../token/sign-token.ts'

/** `idempotencyKey` is a list of texts; requests with the same list run once. `anyVersion` sends `If-Match: *`. */
type Content = { body?: object; idempotencyKey?: readonly string[]; anyVersion?: boolean }
type Method = 'GET' | 'POST' | 'PUT' | 'PATCH'

/** Calls the API as a user and returns the body. @throws Error with the problem when the API refuses the request */
export type Client = <T>(userId: string, method: Method, path: string, content?: Content) => Promise<T>

const timeoutMs = 30_000
/** An overloaded API, or one that waits for a lock, may need a minute or two. */
const maxTries = 30
const cutPauseMs = 100

/**
 * Creates a client that can act as any user. It repeats a request when the API responds with `Retry-After`, and when
 * the connection ends before the response: a stopping API closes its connections, and a repetition changes nothing. It
 * calls `onWrite` for each write, except for one that an earlier load made already. After a lost response it cannot
 * distinguish the two, and calls `onWrite`.
 */
export function createClient(options: { apiUrl: string; secret: TokenSecret; onWrite: () => void }): Client {
  const { apiUrl, secret, onWrite } = options
  const tokenOf = createTokens(secret)

  const send = async (userId: string, method: Method, path: string, content: Content) => {
    const { body, idempotencyKey, anyVersion } = content
    const headers = {
      authorization: `Bearer ${await tokenOf(userId)}`,
      ...(body && { 'content-type': 'application/json' }),
      ...(idempotencyKey && { 'idempotency-key': digestOf(idempotencyKey) }),
      ...(anyVersion && { 'if-match': '*' }),
    }
    const init = { method, headers, ...(body && { body: JSON.stringify(body) }) }
    const response = await fetch(new URL(path, apiUrl), { ...init, signal: AbortSignal.timeout(timeoutMs) })
    return { response, text: await response.text() }
  }

  /** Sends a request, and sends it again when the connection ends. `cuts` counts these ends. */
  const sendUntilAnswered = async (...request: Parameters<typeof send>) => {
    for (let cuts = 0; ; cuts++) {
      try {
        return { ...(await send(...request)), cuts }
      } catch (cause) {
        if (!isCut(cause) || cuts === maxTries)
          throw new Error(`${apiUrl} does not answer (${reasonOf(cause)}): is \`start\` running?`, { cause })
        await sleep(cutPauseMs)
      }
    }
  }

  return async (userId, method, path, content = {}) => {
    let allCuts = 0
    for (let tries = 1; ; tries++) {
      const { response, text, cuts } = await sendUntilAnswered(userId, method, path, content)
      allCuts += cuts
      const retryAfter = response.headers.get('retry-after')
      if (response.ok) {
        // A response that was lost had the write, and its repetition replays it.
        const isWritten = allCuts > 0 || response.headers.get('idempotency-replayed') === null
        if (method !== 'GET' && isWritten) onWrite()
        return JSON.parse(text)
      }
      if (retryAfter === null || tries === maxTries)
        throw new Error(`${method} ${path} was answered ${response.status}: ${detailOf(text)}`)
      await sleep(Number(retryAfter) * 1_000)
    }
  }
}

const cutCodes = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])

/** Returns whether the connection ended before the whole response arrived. */
const isCut = (error: unknown) =>
  error instanceof Error &&
  error.cause instanceof Error &&
  'code' in error.cause &&
  cutCodes.has(String(error.cause.code))

/** Signs one token per user. */
function createTokens(secret: TokenSecret): (userId: string) => Promise<string> {
  const tokens = new Map<string, Promise<string>>()
  return (userId) => {
    const existing = tokens.get(userId)
    if (existing) return existing
    const scope = 'goals:read goals:write tasks:read tasks:write'
    const token = signToken(secret, { sub: userId, scope, expiresIn: '1 day' })
    tokens.set(userId, token)
    return token
  }
}

const digestOf = (parts: readonly string[]) =>
  `demo-${createHash('sha256').update(JSON.stringify(parts)).digest('base64url')}`

function reasonOf(error: unknown): string {
  const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return (reason instanceof Error && reason.message) || String(reason)
}

function detailOf(text: string): string {
  try {
    const { code, detail, traceId } = JSON.parse(text)
    return `${detail} (${code}, trace ${traceId})`
  } catch {
    return text.slice(0, 500)
  }
}
