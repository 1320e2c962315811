import { createLocalJWKSet, createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose'

/** The key server does not respond with a key set. This says nothing about the token. */
export class KeyServerUnavailable extends Error {
  override name = 'KeyServerUnavailable'
}

const defaults = {
  /** Keys older than this are fetched again before they verify a token. */
  freshMs: 10 * 60_000,
  /** Keys older than this verify no token, even when the key server is away. */
  trustedMs: 60 * 60_000,
  /** Shortest time between two fetches for tokens with an unknown key, and after a failed fetch. */
  pauseMs: 10_000,
  timeoutMs: 3_000,
}

/**
 * Returns a function that finds the key of a token among the keys at `url`, for `jwtVerify`. While the key server is
 * away, the keys of the last fetch verify tokens for up to an hour.
 * The returned function throws KeyServerUnavailable when the token needs a key that only the key server may have.
 */
export function createVerificationKeys(url: string, limits: Partial<typeof defaults> = {}): JWTVerifyGetKey {
  const { freshMs, trustedMs, pauseMs, timeoutMs } = { ...defaults, ...limits }
  const remote = createRemoteJWKSet(new URL(url), { timeoutDuration: timeoutMs })
  let known: { keyOf: JWTVerifyGetKey; fetchedAt: number } | undefined
  let failure: { cause: unknown; at: number } | undefined

  const isOlder = (at: number | undefined, ageMs: number) => at === undefined || performance.now() - at > ageMs

  /** Fetches the keys, unless the last fetch failed a moment ago. Concurrent calls share one fetch. */
  async function refresh(): Promise<void> {
    if (failure && !isOlder(failure.at, pauseMs)) return
    try {
      await remote.reload()
      known = { keyOf: createLocalJWKSet(remote.jwks() ?? { keys: [] }), fetchedAt: performance.now() }
      failure = undefined
    } catch (cause) {
      failure = { cause, at: performance.now() }
    }
  }
  const unavailable = () => new KeyServerUnavailable('the key server does not respond with a key set', failure)

  return async (header, token) => {
    if (isOlder(known?.fetchedAt, freshMs)) await refresh()
    if (!known || isOlder(known.fetchedAt, trustedMs)) throw unavailable()
    try {
      return await known.keyOf(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      if (isOlder(known.fetchedAt, pauseMs)) await refresh()
      if (failure) throw unavailable()
      return known.keyOf(header, token)
    }
  }
}
