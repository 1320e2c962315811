import { type AuthenticatedActor, Problem, type Verifier } from '@goals-tasks/http'

const defaultLimits = {
  /** How long before its end a client is asked for a new token. */
  warnMs: 30_000,
  /**
   * How often a token or an API key is verified again, because it may have been withdrawn. A key may have been cached
   * shortly before another process revoked it, so both times together are the 30 s after which it must not work.
   */
  verifyEveryMs: 15_000,
}
export type SessionLimits = typeof defaultLimits

type Options = {
  verify: Verifier
  token: string
  actor: AuthenticatedActor
  /** Called `warnMs` before the end of the token, and at once when the first token ends sooner. */
  onExpiring: (expiresAtMs: number) => void
  /** Called when the token has expired, or when its user or a key withdrew it. */
  onExpired: () => void
  limits?: Partial<SessionLimits>
}

export type Session = ReturnType<typeof createSession>

/** Watches the token of a connection that lives longer than a request. Close it with the connection. */
export function createSession({ verify, onExpiring, onExpired, limits, ...begin }: Options) {
  const { warnMs, verifyEveryMs } = { ...defaultLimits, ...limits }
  let { token, actor } = begin
  let isWarned = false
  let timer: NodeJS.Timeout | undefined

  function schedule(): void {
    const leftMs = actor.expiresAtMs - Date.now()
    const nextMs = isWarned ? leftMs : leftMs - warnMs
    clearTimeout(timer)
    timer = setTimeout(check, Math.max(0, Math.min(nextMs, verifyEveryMs)))
  }

  async function check(): Promise<void> {
    const checked = token
    if (actor.expiresAtMs <= Date.now() || (await isWithdrawn(verify, token))) {
      // A new token may have arrived meanwhile.
      if (checked === token && timer) onExpired()
      return
    }
    if (timer === undefined) return
    if (!isWarned && actor.expiresAtMs - Date.now() <= warnMs) {
      isWarned = true
      onExpiring(actor.expiresAtMs)
    }
    schedule()
  }

  schedule()
  return {
    actor: (): AuthenticatedActor => actor,
    /**
     * Goes on with another token of the same user. The client knows its end, so a token that ends soon, or the same
     * token again, leads to no further warning.
     * @throws Problem when the token is not good
     */
    async renew(next: string): Promise<void> {
      const renewed = await verify(next)
      if (renewed.id !== actor.id) throw new Problem('unauthenticated', 'The token is one of another user.')
      token = next
      actor = renewed
      isWarned = actor.expiresAtMs - Date.now() <= warnMs
      if (timer) schedule()
    },
    close(): void {
      clearTimeout(timer)
      timer = undefined
    },
  }
}

/** A key server or a Postgres that is away says nothing about a token. */
async function isWithdrawn(verify: Verifier, token: string): Promise<boolean> {
  try {
    await verify(token)
    return false
  } catch (error) {
    return error instanceof Problem && error.code === 'unauthenticated'
  }
}
