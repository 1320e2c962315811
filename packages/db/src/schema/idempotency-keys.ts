import type { CommittedEvent } from '@goals-tasks/events'
import { index, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

/** The response to a request with an Idempotency-Key, committed with the changes of the request. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    actorId: uuid('principal_id').notNull(),
    route: text('route').notNull(),
    key: text('key').notNull(),
    /** Hash of the body, of the ids in the path and of the scope. A different request with the same key is an error. */
    bodyHash: text('body_hash').notNull(),
    /** The response. Null only inside the transaction of the request. */
    status: integer('status'),
    headers: jsonb('headers').$type<Record<string, string>>(),
    body: text('body'),
    /** The events of the changes. A repeated request publishes them again. */
    events: jsonb('events').$type<CommittedEvent[]>(),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.actorId, t.route, t.key] }),
    // Deletion of keys older than a day.
    index('idempotency_keys_created').on(t.createdAt),
  ],
)
