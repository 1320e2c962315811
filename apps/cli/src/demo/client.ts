import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { signToken, type TokenSecret } from '../token/sign-token.ts'

/** `idempotencyKey` is a list of texts; requests with the same list run once. `anyVersion` sends `If-Match: *`. */
type Content = { body?: object; idempotencyKey?: readonly string[]; anyVersion?: boolean }
type Method = 'GET' | 'POST' | 'PUT' | 'PATCH'

/** Calls the API as a user and returns the body. @throws Error with the problem when the API refuses the request */
export type Client = <T>(userId: string, method: Method, path: string, content?: Content) => Promise<T>

const timeoutMs = 30_000
const maxTries = 6

/**
 * Creates a client that can act as any user. It repeats a request when the API responds with `Retry-After`. It calls
 * `onWrite` for each write, except for one that an earlier load made already.
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
    return fetch(new URL(path, apiUrl), { ...init, signal: AbortSignal.timeout(timeoutMs) }).catch((cause) => {
      throw new Error(`${apiUrl} does not answer (${reasonOf(cause)}): is \`start\` running?`, { cause })
    })
  }

  return async (userId, method, path, content = {}) => {
    for (let tries = 1; ; tries++) {
      const response = await send(userId, method, path, content)
      const text = await response.text()
      const retryAfter = response.headers.get('retry-after')
      if (response.ok) {
        if (method !== 'GET' && response.headers.get('idempotency-replayed') === null) onWrite()
        return JSON.parse(text)
      }
      if (retryAfter === null || tries === maxTries)
        throw new Error(`${method} ${path} was answered ${response.status}: ${detailOf(text)}`)
      await sleep(Number(retryAfter) * 1_000)
    }
  }
}

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

const reasonOf = (error: Error) =>
  error.cause instanceof Error ? error.cause.message || String(error.cause) : error.message

function detailOf(text: string): string {
  try {
    const { code, detail, traceId } = JSON.parse(text)
    return `${detail} (${code}, trace ${traceId})`
  } catch {
    return text.slice(0, 500)
  }
}
