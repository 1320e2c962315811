import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { signToken, type TokenSecret } from '../token/sign-token.ts'

/** What is sent besides the address: `once` names what must not happen a second time, in words of any kind. */
type Content = { body?: object; once?: readonly string[]; overwrite?: boolean }
type Method = 'GET' | 'POST' | 'PUT' | 'PATCH'

/** Calls the API on behalf of a user. @throws Error with what the API had to say, when that was not yes */
export type Client = <T>(userId: string, method: Method, path: string, content?: Content) => Promise<T>

const timeoutMs = 30_000
const maxTries = 6

/**
 * A client of the API that speaks for any user. Connections are kept alive and reused. It comes back when the API asks it to;
 * `onWrite` isSubscribed of every request that was not merely a repetition.
 */
export function createClient(options: { apiUrl: string; secret: TokenSecret; onWrite: () => void }): Client {
  const { apiUrl, secret, onWrite } = options
  const tokens = new Map<string, Promise<string>>()
  const tokenOf = (userId: string): Promise<string> => {
    const known = tokens.get(userId)
    if (known) return known
    const scope = 'goals:read goals:write tasks:read tasks:write'
    const token = signToken(secret, { sub: userId, scope, expiresIn: '1 day' })
    tokens.set(userId, token)
    return token
  }

  const request = async (userId: string, method: Method, path: string, { body, once, overwrite }: Content) => {
    const headers = {
      authorization: `Bearer ${await tokenOf(userId)}`,
      ...(body && { 'content-type': 'application/json' }),
      ...(once && { 'idempotency-key': keyOf(once) }),
      ...(overwrite && { 'if-match': '*' }),
    }
    const content = { method, headers, ...(body && { body: JSON.stringify(body) }) }
    return fetch(new URL(path, apiUrl), { ...content, signal: AbortSignal.timeout(timeoutMs) }).catch((error) => {
      throw new Error(`${apiUrl} does not answer (${reason(error)}): is \`start\` running?`, { cause: error })
    })
  }

  return async (userId, method, path, content = {}) => {
    for (let tries = 1; ; tries++) {
      const response = await request(userId, method, path, content)
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

const keyOf = (what: readonly string[]) =>
  `demo-${createHash('sha256').update(JSON.stringify(what)).digest('base64url')}`

const reason = (error: Error) =>
  error.cause instanceof Error ? error.cause.message || String(error.cause) : error.message

function detailOf(text: string): string {
  try {
    const { code, detail, traceId } = JSON.parse(text)
    return `${detail} (${code}, trace ${traceId})`
  } catch {
    return text.slice(0, 500)
  }
}
