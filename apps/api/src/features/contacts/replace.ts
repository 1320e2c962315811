import { prepareStatement } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'
import type { Deps } from '../../deps.ts'
import type { Actor } from '../../resource/actor.ts'
import { jsonResponse } from '../../resource/http/reply.ts'
import type { StoredResponse } from '../../resource/idempotency.ts'
import { requestConfirmation } from './confirmation.ts'
import { normalizeContact } from './normalize.ts'
import { readContact } from './read.ts'
import type { NewContact } from './schemas.ts'

const userId = sql`${sql.placeholder('userId')}::uuid`

/** Two requests for one user would otherwise both compare with the address from before. */
const lock = prepareStatement<object>(
  'contact_lock',
  sql`select pg_advisory_xact_lock(hashtextextended('contact of ' || ${userId}::text, 0))`,
)

/** An address that stays the same stays confirmed. */
const write = prepareStatement<{ isVerified: boolean }>(
  'contact_replace',
  sql`insert into contacts (user_id, email, zone, locale, verified_at)
      values (${userId}, ${sql.placeholder('email')}, ${sql.placeholder('zone')}, ${sql.placeholder('locale')},
              case when ${sql.placeholder('isVerified')}::boolean then now() end)
      on conflict (user_id) do update set
        email = excluded.email, zone = excluded.zone, locale = excluded.locale, updated_at = now(),
        verified_at = case when contacts.email = excluded.email
          then coalesce(contacts.verified_at, excluded.verified_at) else excluded.verified_at end
      returning verified_at is not null as "isVerified"`,
)

/**
 * Replaces the contact of the actor. A new address is unverified, and gets a mail with a link that confirms it.
 * @throws Problem 422 for an unknown zone or locale, 429 after too many such mails
 */
export async function replaceOwnContact(deps: Deps, actor: Actor, input: NewContact): Promise<StoredResponse> {
  const contact = normalizeContact(input)
  return deps.transaction({ actorId: actor.id }, async (tx) => {
    await lock(tx.db, { userId: actor.id })
    const [written] = await write(tx.db, { ...contact, userId: actor.id, isVerified: false })
    if (!written?.isVerified) await requestConfirmation(tx, actor, contact.email)
    return jsonResponse(await readContact(tx.db, actor.id))
  })
}

/**
 * Replaces the contact of a user from the directory of a company. It is verified at once, and gets no mail.
 * @throws Problem 422 for an unknown zone or locale
 */
export async function replaceContactOf(
  deps: Deps,
  actor: Actor,
  id: string,
  input: NewContact,
): Promise<StoredResponse> {
  const contact = normalizeContact(input)
  return deps.transaction({ actorId: actor.id }, async ({ db }) => {
    await lock(db, { userId: id })
    await write(db, { ...contact, userId: id, isVerified: true })
    return jsonResponse(await readContact(db, id))
  })
}
