import { addressHash, type Executor, prepareStatement } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'

const userId = sql`${sql.placeholder('userId')}::uuid`

/** The JSON of a contact: a user without one has nulls. */
const load = prepareStatement<{ text: string }>(
  'contact_read',
  sql`select json_build_object(
        'userId', u.id, 'email', c.email, 'zone', c.zone, 'locale', c.locale, 'verifiedAt', rfc3339(c.verified_at),
        'confirmationExpiresAt', (
          select rfc3339(max(expires_at)) from contact_confirmations o
          where o.user_id = u.id and c.verified_at is null and o.used_at is null and o.expires_at > now()
            and o.address_hash = ${addressHash(sql`c.email`)}))::text as text
      from (select ${userId} as id) u left join contacts c on c.user_id = u.id`,
)

/** Returns the contact of a user as JSON. The service knows no users, so any id has one. */
export async function readContact(db: Executor, id: string): Promise<string> {
  const [row] = await load(db, { userId: id })
  if (!row) throw new Error('The statement of a contact returns one row.')
  return row.text
}
