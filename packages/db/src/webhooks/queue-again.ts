import { type SQL, sql } from 'drizzle-orm'

/** The events that one step reads. It bounds the time of its statement. */
export const eventsPerReplayStep = 1_000

/** The CTE `webhook`: the webhook of a replay, with its owner, its types and its target. */
export const replayedWebhook = sql`webhook as materialized (
        select owner_id, types, id::text as target from webhooks where id = ${sql.placeholder('webhookId')}::uuid
      )`

/**
 * The CTEs that queue the events of the CTE `step` that have one of the `types`. A dead letter becomes a delivery
 * again. An event that has a delivery already keeps it. `place` bounds the ids of the events `e`.
 */
export const queuedAgain = (place: SQL = sql``): SQL => sql`wanted as materialized (
        select step.event_id, target from step cross join webhook
        join events e on e.id = step.event_id ${place}
        where e.type = any(${sql.placeholder('types')}::text[]) and (types is null or e.type = any(types))
      ), revived as (
        delete from dead_letters d using wanted
        where d.consumer = 'sync' and d.event_id = wanted.event_id and d.target = wanted.target
      ), queued as (
        insert into deliveries (consumer, event_id, target, due_at, is_replay)
        select 'sync', event_id, target, now(), true from wanted
        on conflict (consumer, event_id, target) do nothing returning 1
      )`
