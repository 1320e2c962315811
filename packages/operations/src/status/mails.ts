import { type Executor, executeOnce } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'

export type MailStatus = {
  /** How long ago the window of the oldest open digest has ended. 0 when none is due. */
  digestLagSeconds: number
  /** Why no mail is tried at present: the last ones failed. Null otherwise. */
  mailServerError: string | null
}

/** Loads how late the digests are, and whether the mail server answers. Reads two index entries. */
export async function loadMailStatus(db: Executor): Promise<MailStatus> {
  const [status] = await executeOnce<MailStatus>(
    db,
    sql`select coalesce(greatest(0, extract(epoch from now() - (
          select sends_at from mail_digests where closed_at is null order by sends_at limit 1))), 0)::float8
          as "digestLagSeconds",
        (select block_reason from receivers where consumer = 'email' and blocked_until > now()) as "mailServerError"`,
    'status_mails',
  )
  if (!status) throw new Error('The statement of the mails returns one row.')
  return status
}
