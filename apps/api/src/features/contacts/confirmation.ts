import { addressHash, concernsAll, emitEvents, emittedEvents, metadataValues, prepareStatement } from '@goals-tasks/db'
import type { CommittedEvent } from '@goals-tasks/events'
import { Problem } from '@goals-tasks/http'
import { sql } from 'drizzle-orm'
import type { TxDeps } from '../../deps.ts'
import { type Actor, eventMetadata } from '../../resource/actor.ts'

/** The confirmation mails per hour that one user causes, and that one address gets from all users together. */
const maxPerHour = 5

const email = sql`${sql.placeholder('email')}::text`
const userId = sql`${sql.placeholder('actorId')}::uuid`

/** Two users who enter one address are counted one after the other. */
const lockAddress = prepareStatement<object>(
  'contact_confirmation_lock',
  sql`select pg_advisory_xact_lock(hashtextextended('mails to ' || encode(${addressHash(email)}, 'hex'), 0))`,
)

/** Seconds until the limit allows another mail, for each limit that is used up. */
const countRecent = prepareStatement<{ waitS: number | null; isOn: boolean }>(
  'contact_confirmations_recent',
  sql`select exists (select from receivers where consumer = 'email' and is_present) as "isOn",
        greatest(
          (select ${waitAfter('user_id', userId)}),
          (select ${waitAfter('address_hash', addressHash(email))})) as "waitS"`,
)

function waitAfter(column: 'user_id' | 'address_hash', value: ReturnType<typeof sql>) {
  return sql`case when count(*) >= ${sql.raw(String(maxPerHour))}
      then ceil(extract(epoch from min(requested_at) + interval '1 hour' - now()))::int end
    from (select requested_at from contact_confirmations
          where ${sql.raw(column)} = ${value} and requested_at > now() - interval '1 hour'
          order by requested_at desc limit ${sql.raw(String(maxPerHour))}) recent`
}

const insert = prepareStatement<{ events: CommittedEvent[] }>(
  'contact_confirmation_insert',
  sql`with inserted as (
        insert into contact_confirmations (user_id, address_hash, expires_at)
        values (${userId}, ${addressHash(email)}, now() + interval '24 hours')
        returning id, user_id
      ), changed as (
        select id, 1 as version, null::json as before,
               json_build_object('id', id, 'userId', user_id, 'purpose', 'confirmation') as after,
               '{}'::uuid[] as readers_before, '{}'::uuid[] as readers_after, null::uuid[] as goal_ids, ${concernsAll}
        from inserted
      ), ${emitEvents('mail')}
      select ${emittedEvents} as events`,
)

/**
 * Plans the mail that asks the owner of the address to confirm it. Plans nothing where the installation sends no
 * e-mail.
 * @throws Problem 429 when the user or the address had five such mails within an hour
 */
export async function requestConfirmation({ db }: TxDeps, actor: Actor, address: string): Promise<void> {
  const values = { actorId: actor.id, email: address }
  await lockAddress(db, { email: address })
  const [recent] = await countRecent(db, values)
  if (!recent?.isOn) return
  if (recent.waitS !== null) throw tooManyMails(Math.max(1, recent.waitS))
  const [planned] = await insert(db, { ...values, ...metadataValues(eventMetadata(actor, ['mail:planned'])) })
  db.events.push(...(planned?.events ?? []))
}

const tooManyMails = (waitS: number) =>
  new Problem(
    'rate-limited',
    `An address or a user gets ${maxPerHour} confirmation mails per hour. Try again in ${waitS} s.`,
    {
      headers: { 'retry-after': String(waitS) },
      extra: { policy: 'confirmation-mails' },
    },
  )
