import { addressHash, prepareStatement } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'
import type { Deps } from '../../deps.ts'

const id = sql`${sql.placeholder('id')}::uuid`

/** The link counts for the address that it was sent to. A second use finds the address confirmed. */
const confirm = prepareStatement<{ isConfirmed: boolean }>(
  'contact_confirm',
  sql`with used as (
        update contact_confirmations o set used_at = now() from contacts c
        where o.id = ${id} and o.used_at is null and o.expires_at > now() and c.user_id = o.user_id
          and o.address_hash = ${addressHash(sql`c.email`)}
        returning o.user_id
      ), verified as (
        update contacts set verified_at = coalesce(verified_at, now()), updated_at = now()
        where user_id in (select user_id from used) returning 1
      )
      select exists (select from verified) or exists (
        select from contact_confirmations o join contacts c on c.user_id = o.user_id
        where o.id = ${id} and o.used_at is not null and c.verified_at is not null
          and o.address_hash = ${addressHash(sql`c.email`)}) as "isConfirmed"`,
)

/** Confirms the address of a confirmation. @returns false when the link has expired, or the address was replaced */
export async function confirmContact({ db }: Deps, confirmationId: string): Promise<boolean> {
  const [row] = await confirm(db, { id: confirmationId })
  return row?.isConfirmed === true
}
