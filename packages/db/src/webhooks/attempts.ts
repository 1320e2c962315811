import { webhookConsumer } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import { uuids } from '../engine/parameters.ts'
import { type Executor, prepareStatement } from '../engine/statement.ts'

/** One request to a webhook. */
export type WebhookAttempt = {
  eventId: string
  eventType: string
  attemptedAt: Date
  /** The HTTP status. Null when none arrived. */
  status: number | null
  durationMs: number
  error: string | null
  /** The start of the body of the response. */
  response: string | null
  outcome: 'delivered' | 'failed' | 'gone'
  isReplay: boolean
}

const insertAttempts = sql`
      insert into webhook_attempts (webhook_id, event_id, event_type, attempted_at, status, duration_ms, error,
                                    response, outcome, is_replay)
      select ${sql.placeholder('webhookId')}::uuid, "eventId", "eventType", "attemptedAt", status, "durationMs", error,
             response, outcome, "isReplay"
      from json_to_recordset(${sql.placeholder('attempts')}::json) as x(
        "eventId" uuid, "eventType" text, "attemptedAt" timestamptz, status smallint, "durationMs" int, error text,
        response text, outcome text, "isReplay" boolean)`

const finish = prepareStatement<object>(
  'webhook_deliveries_finish',
  sql`with logged as (${insertAttempts})
      delete from deliveries
      where consumer = ${sql.raw(`'${webhookConsumer}'`)} and event_id = any(${uuids('finished')})
        and target = ${sql.placeholder('target')}`,
)

/** The ends of deliveries to one webhook, with the requests that led to them. A skipped event has no request. */
export type FinishedDeliveries = {
  webhookId: string
  /** The target of the deliveries. Empty for the endpoint of the installation. */
  target: string
  /** The ids of the events. */
  finished: readonly string[]
  attempts: readonly WebhookAttempt[]
}

/** Deletes deliveries to a webhook and adds their requests to its log, in one statement. */
export async function finishWebhookDeliveries(
  db: Executor,
  { attempts, ...values }: FinishedDeliveries,
): Promise<void> {
  await finish(db, { ...values, attempts: JSON.stringify(attempts) })
}
