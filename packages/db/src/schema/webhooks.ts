import { webhookHealths } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import { boolean, check, index, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { bytes, instant } from './columns.ts'

/** An endpoint outside that gets events by HTTP. The deliveries to it have its id as their target. */
export const webhooks = pgTable(
  'webhooks',
  {
    id: uuid('id').primaryKey().default(sql`uuidv7()`),
    /** The user who made it, and who must be a reader of an event. Null is the endpoint of the installation. */
    ownerId: uuid('owner_id'),
    url: text('url').notNull(),
    description: text('description').notNull().default(''),
    /** The types of events that it gets. Null means all. */
    types: text('types').array(),
    /** The source text of an expression over `before` and `after`. Null means every event of its types. */
    filter: text('filter'),
    isEnabled: boolean('is_enabled').notNull().default(true),
    /** By its owner, by its answer 410, or because it failed for days. */
    disabledCause: text('disabled_cause', { enum: ['owner', 'gone', 'failing'] }),
    disabledAt: instant('disabled_at'),
    /** A degraded endpoint failed lately, a suspended one gets only probes, and a disabled one gets nothing. */
    health: text('health', { enum: webhookHealths }).notNull().default('healthy'),
    /** The first failure after the last success. */
    failingSince: instant('failing_since'),
    consecutiveFailures: integer('consecutive_failures').notNull().default(0),
    /** When a suspended endpoint gets its next probe. */
    suspendedUntil: instant('suspended_until'),
    /** The text `whsec_…`, sealed with `SECRETS_KEY` and bound to the id of the row. */
    secret: bytes('secret').notNull(),
    /** The secret before the last rotation. Requests carry its signature too until `previous_secret_until`. */
    previousSecret: bytes('previous_secret'),
    previousSecretUntil: instant('previous_secret_until'),
    /** Counts the changes of the owner. Its health is not part of it. */
    version: integer('version').notNull().default(1),
    createdAt: instant('created_at').notNull().default(sql`now()`),
    updatedAt: instant('updated_at').notNull().default(sql`now()`),
  },
  (t) => [
    // The statement of a change: the endpoints of the readers of its events.
    index('webhooks_enabled_owner').on(t.ownerId).where(sql`is_enabled`),
    // GET /v1/webhooks: the endpoints of a user, newest first.
    index('webhooks_owner_newest').on(t.ownerId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    // The status: how many webhooks of users have which health.
    index('webhooks_health_of_users').on(t.health).where(sql`owner_id is not null`),
    check('webhooks_disabled', sql`${t.isEnabled} = (${t.disabledAt} is null)`),
    check('webhooks_disabled_cause', sql`${t.isEnabled} = (${t.disabledCause} is null)`),
    check('webhooks_health', sql`${t.health} in ('healthy', 'degraded', 'suspended', 'disabled')`),
    check('webhooks_previous_secret', sql`(${t.previousSecret} is null) = (${t.previousSecretUntil} is null)`),
  ],
)
