import { signToken, type TokenSecret } from '../sign-token.ts'

export type Client = ReturnType<typeof createClient>
type Answer = { id: string; version: number }

const timeoutMs = 30_000

/** A client of the API that speaks for any user. Connections are kept alive and reused. */
export function createClient(apiUrl: string, secret: TokenSecret) {
  const tokens = new Map<string, Promise<string>>()
  const tokenOf = (userId: string): Promise<string> => {
    const known = tokens.get(userId)
    if (known) return known
    const token = signToken(secret, { sub: userId, scope: 'goals:write tasks:write', expiresIn: '1 day' })
    tokens.set(userId, token)
    return token
  }

  /** @throws Error with what the API had to say, when that was not yes */
  return async (userId: string, method: 'POST' | 'PATCH', path: string, body?: object): Promise<Answer> => {
    const headers = { authorization: `Bearer ${await tokenOf(userId)}` }
    const content = body && { headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) }
    const response = await fetch(new URL(path, apiUrl), {
      method,
      headers,
      ...content,
      signal: AbortSignal.timeout(timeoutMs),
    }).catch((error) => {
      throw new Error(`${apiUrl} does not answer (${reason(error)}): is \`start\` running?`, { cause: error })
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${detailOf(text)}`)
    return JSON.parse(text)
  }
}

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
