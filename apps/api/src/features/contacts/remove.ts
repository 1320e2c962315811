import { prepareStatement } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'
import type { Deps } from '../../deps.ts'
import { noContent } from '../../resource/http/reply.ts'
import type { StoredResponse } from '../../resource/idempotency.ts'

const remove = prepareStatement<object>(
  'contact_remove',
  sql`delete from contacts where user_id = ${sql.placeholder('userId')}::uuid`,
)

/** Removes the contact of a user, if there is one. Mails that are not sent yet are not sent any more. */
export async function removeContact({ db }: Deps, userId: string): Promise<StoredResponse> {
  await remove(db, { userId })
  return noContent
}
