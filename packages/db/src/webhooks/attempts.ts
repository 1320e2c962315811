import { sql } from 'drizzle-orm'
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

const insert = prepareStatement<object>(
  'webhook_attempts_insert',
  sql`insert into webhook_attempts (webhook_id, event_id, event_type, attempted_at, status, duration_ms, error,
                                    response, outcome, is_replay)
      select ${sql.placeholder('webhookId')}::uuid, "eventId", "eventType", "attemptedAt", status, "durationMs", error,
             response, outcome, "isReplay"
      from json_to_recordset(${sql.placeholder('attempts')}::json) as x(
        "eventId" uuid, "eventType" text, "attemptedAt" timestamptz, status smallint, "durationMs" int, error text,
        response text, outcome text, "isReplay" boolean)`,
)

/** Adds requests to the log of a webhook. */
export async function insertWebhookAttempts(
  db: Executor,
  webhookId: string,
  attempts: readonly WebhookAttempt[],
): Promise<void> {
  if (attempts.length > 0) await insert(db, { webhookId, attempts: JSON.stringify(attempts) })
}
