import { type Executor, prepareStatement } from '@goals-tasks/db'
import type { AuthenticatedActor, Verifier } from '@goals-tasks/http'
import { isEmailAddress } from '@goals-tasks/mail/addresses'
import { sql } from 'drizzle-orm'
import { LRUCache } from 'lru-cache'

const insert = prepareStatement<object>(
  'contact_from_token',
  sql`insert into contacts (user_id, email, verified_at)
      values (${sql.placeholder('userId')}::uuid, ${sql.placeholder('email')}, now()) on conflict do nothing`,
)

/** A process looks at the contact of a user once a day at most. */
const seenMs = 24 * 60 * 60 * 1_000

/**
 * Returns a verifier that fills the contact of a user from their first token with a verified address. A contact that
 * the user has stays as it is. No request waits for it.
 * @param onError called when the contact was not stored; the next process or day tries again
 */
export function fillContacts(db: Executor, verify: Verifier, onError: (err: unknown) => void): Verifier {
  const seen = new LRUCache<string, true>({ max: 10_000, ttl: seenMs, ttlResolution: 1_000 })

  function fill(actor: AuthenticatedActor): AuthenticatedActor {
    const { id, email } = actor
    if (email === undefined || seen.has(id)) return actor
    seen.set(id, true)
    if (isEmailAddress(email)) insert(db, { userId: id, email }).catch(onError)
    return actor
  }

  return (token) => {
    const actor = verify(token)
    return actor instanceof Promise ? actor.then(fill) : fill(actor)
  }
}
