import { bodyOf, type Executor, executeOnce } from '@goals-tasks/db'
import { webhookConsumer } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import { hostOf } from '../webhooks/host-of.ts'
import { pauseFact, type WebhookPauseFact } from '../webhooks/pause-fact.ts'
import type { Work } from './work.ts'

/** A webhook of a user. The host is null when the webhook was deleted. `pause` is absent while it is not paused. */
export type TracedWebhook = { id: string; host: string | null; pause?: WebhookPauseFact }

/** A webhook that got an event. `at` is the time of the request, RFC 3339, UTC. */
type Delivered = { eventId: string; id: string; url: string; at: string }

/** The webhooks of users that the events went to or wait for. */
export type TracedWebhooks = {
  of(work: Work): TracedWebhook | undefined
  delivered(eventId: string): { webhook: TracedWebhook; at: string }[]
}

/** Loads the webhooks of the unfinished work, and those that got the events by the log of their requests. */
export async function loadWebhooks(
  db: Executor,
  eventIds: readonly string[],
  work: readonly Work[],
): Promise<TracedWebhooks> {
  const targets = [...new Set(work.flatMap((each) => (isForWebhook(each) ? [each.target] : [])))]
  const [known, delivered] = await Promise.all([loadKnown(db, targets), loadDelivered(db, eventIds)])
  const webhooks = new Map(known.map(({ id, url, pause }) => [id, { id, host: hostOf(url), ...(pause && { pause }) }]))
  return {
    of: (each) => (isForWebhook(each) ? (webhooks.get(each.target) ?? { id: each.target, host: null }) : undefined),
    delivered: (eventId) =>
      delivered
        .filter((each) => each.eventId === eventId)
        .map(({ id, url, at }) => ({ webhook: { id, host: hostOf(url) }, at })),
  }
}

/** Returns whether the target of the work is a webhook of a user. */
export const isForWebhook = ({ consumer, target }: Work): boolean => consumer === webhookConsumer && target !== ''

const loadKnown = async (db: Executor, ids: readonly string[]) =>
  ids.length === 0
    ? []
    : executeOnce<{ id: string; url: string; pause: WebhookPauseFact | null }>(
        db,
        sql`select id, url, ${pauseFact(sql`webhooks.id`)} as pause
            from webhooks where id = any(${sql.param(ids)}::uuid[])`,
      )

/** No index leads from an event to its requests, so the search begins with the users in its bodies. */
const loadDelivered = (db: Executor, eventIds: readonly string[]) =>
  executeOnce<Delivered>(
    db,
    sql`select e.id as "eventId", w.id, w.url, rfc3339(max(a.attempted_at)) as at
        from (select e.id, ${bodyOf('before')} as before, ${bodyOf('after')} as after from events e
              where e.id = any(${sql.param(eventIds)}::uuid[])) e
        join webhooks w on w.owner_id = any(array[
          e.after->>'ownerId', e.after->>'userId', e.after->>'assignedTo', e.before->>'assignedTo']::uuid[])
        join webhook_attempts a on a.webhook_id = w.id and a.event_id = e.id and a.outcome = 'delivered'
        group by e.id, w.id, w.url order by e.id, w.id`,
  )
