import { timingSafeEqual } from 'node:crypto'
import { type Executor, prepareLookup } from '@goals-tasks/db'
import { type AuthenticatedActor, unauthenticated, type Verifier } from '@goals-tasks/http'
import { sql } from 'drizzle-orm'
import { LRUCache } from 'lru-cache'
import { keyPrefix, parseKey } from './key-format.ts'
import { createLastUses } from './last-uses.ts'

type StoredKey = {
  userId: string
  scopes: string[]
  /** In hexadecimal digits. */
  secretHash: string
  expiresAtMs: number | null
  isRevoked: boolean
}

const load = prepareLookup<StoredKey>(
  'api_key_by_id',
  sql`select user_id as "userId", scopes, encode(secret_hash, 'hex') as "secretHash",
        (extract(epoch from expires_at) * 1000)::float8 as "expiresAtMs", revoked_at is not null as "isRevoked"
      from api_keys where id = ${sql.placeholder('id')}::uuid`,
)

const defaults = {
  maxCached: 10_000,
  /** A request with a key that another process has revoked works here for at most this long. */
  cachedMs: 15_000,
  refusedMs: 60_000,
  flushEveryMs: 30_000,
}

/** `onError` is called when uses of keys were not recorded. Default: nothing reports it. */
type Options = Partial<typeof defaults> & { onError?: (err: unknown) => void }

export type ApiKeys = ReturnType<typeof createApiKeys>

/** The latest instant of a Date, for a key that does not expire. */
const never = 8.64e15

/**
 * Verifies API keys against the table `api_keys` and records when they were used. A verified key is cached for 15
 * seconds. An unknown key is looked up each time, and lookups share round trips.
 */
export function createApiKeys(db: Executor, { onError = () => undefined, ...options }: Options = {}) {
  const { maxCached, cachedMs, refusedMs, flushEveryMs } = { ...defaults, ...options }
  // By the text of the key.
  const verified = new LRUCache<string, AuthenticatedActor>({ max: maxCached, ttl: cachedMs, ttlResolution: 100 })
  // By id. A lookup that began before the revocation ends within this time.
  const revoked = new LRUCache<string, true>({ max: maxCached, ttl: refusedMs, ttlResolution: 100 })
  const uses = createLastUses(db, flushEveryMs, onError)
  const listeners = new Set<(id: string) => void>()

  async function verifyStored(key: string): Promise<AuthenticatedActor> {
    const given = parseKey(key)
    if (!given) throw unauthenticated('The API key is incomplete or misspelled: its checksum does not match.')
    const stored = await load(db, { id: given.id })
    if (!stored || !timingSafeEqual(Buffer.from(stored.secretHash, 'hex'), given.secretHash))
      throw unauthenticated('The API key is unknown.')
    const actor = toActor(given.id, stored)
    requireUsable(given.id, { isRevoked: stored.isRevoked, expiresAtMs: actor.expiresAtMs })
    verified.set(key, actor)
    return actor
  }

  function requireUsable(id: string, { isRevoked = false, expiresAtMs }: { isRevoked?: boolean; expiresAtMs: number }) {
    if (isRevoked || revoked.has(id)) throw unauthenticated('The API key was revoked.')
    if (expiresAtMs <= Date.now())
      throw unauthenticated(`The API key expired at ${new Date(expiresAtMs).toISOString()}.`)
    uses.record(id)
  }

  function verify(key: string): ReturnType<Verifier> {
    const actor = verified.get(key)
    if (!actor?.keyId) return verifyStored(key)
    requireUsable(actor.keyId, actor)
    return actor
  }

  return {
    /** Returns a verifier of API keys that passes other tokens to `verifyToken`. */
    beside:
      (verifyToken: Verifier): Verifier =>
      (token) =>
        token.startsWith(keyPrefix) ? verify(token) : verifyToken(token),
    /** Refuses the key in this process from now on. Call when it is revoked. */
    refuse(id: string): void {
      revoked.set(id, true)
      for (const listener of listeners) listener(id)
    },
    /** Calls `listener` with the id of each key that this process revokes. @returns a function that ends that */
    onRefused(listener: (id: string) => void): () => void {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    /** Records the uses that are not stored yet. */
    close: uses.close,
  }
}

const toActor = (keyId: string, { userId, scopes, expiresAtMs }: StoredKey): AuthenticatedActor => ({
  ...{ id: userId, admin: scopes.includes('admin'), scopes: new Set(scopes) },
  ...{ expiresAtMs: expiresAtMs ?? never, keyId },
})
