import { sql } from 'drizzle-orm'
import { type Executor, executeOnce } from '../engine/statement.ts'

/** The actions of operators that are recorded. */
export const operatorActionNames = [
  ...(['consumer-paused', 'consumer-resumed', 'dead-letters-replayed', 'dead-letters-discarded'] as const),
  ...(['user-exported', 'user-erasure-started', 'user-erased', 'webhook-secrets-resealed'] as const),
  'installation-restored',
] as const

/** The operator and the reason. The actor is the id of a user, or the name that the command line sent. */
export type OperatorCause = { actor: string; reason: string | null }

export type OperatorAction = OperatorCause & {
  action: (typeof operatorActionNames)[number]
  /** The consumer, the id of the webhook or of the user whose data it was, or `installation`. */
  subject: string
  /** Ids and counts. No text of a user. */
  details: Record<string, unknown>
}

/** An action as it was recorded. `occurredAt` is RFC 3339, UTC. */
export type RecordedAction = OperatorAction & { id: string; occurredAt: string }

/** Records an action. Call it in the transaction of the effect. */
export const recordAction = async (
  tx: Executor,
  { action, actor, reason, subject, details }: OperatorAction,
): Promise<void> =>
  void (await executeOnce<object>(
    tx,
    sql`insert into operator_actions (action, actor, reason, subject, details)
        values (${action}, ${actor}, ${reason}, ${subject}, ${JSON.stringify(details)}::jsonb)`,
    'operator_action_record',
  ))

/** Returns at most `limit` actions, the newest first. The page starts after the action with the id `after`. */
export const listActions = (
  db: Executor,
  { limit, after, subject }: { limit: number; after?: string | undefined; subject?: string | undefined },
): Promise<RecordedAction[]> =>
  executeOnce<RecordedAction>(
    db,
    sql`select id, action, actor, reason, subject, details, rfc3339(occurred_at) as "occurredAt" from operator_actions
        where true ${after === undefined ? sql`` : sql`and id < ${after}::uuid`}
          ${subject === undefined ? sql`` : sql`and subject = ${subject}`}
        order by id desc limit ${limit}`,
    'operator_actions_list',
  )
