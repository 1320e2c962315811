import { randomUUID } from 'node:crypto'
import { auditWebhook, prepareStatement, webhookActorValues } from '@goals-tasks/db'
import { Problem } from '@goals-tasks/http'
import { createWebhookSecret, type Sealer } from '@goals-tasks/webhooks'
import { sql } from 'drizzle-orm'
import type { Deps } from '../../deps.ts'
import type { Actor } from '../../resource/actor.ts'
import type { EntityText } from '../../resource/optimistic-change.ts'
import { webhookText } from './read.ts'
import { normalizeWebhook } from './rules.ts'
import type { NewWebhook } from './schemas.ts'
import { requireScopes } from './states.ts'

const maxWebhooks = 20

const lockWebhooksOf = prepareStatement<object>(
  'webhooks_lock',
  sql`select pg_advisory_xact_lock(hashtextextended('webhooks of ' || ${sql.placeholder('actorId')}::text, 0))`,
)
const isEnabled = sql`${sql.placeholder('isEnabled')}::boolean`
const insert = prepareStatement<EntityText>(
  'webhook_create',
  sql`with created as (
        insert into webhooks (id, owner_id, url, description, types, filter, secret,
                              is_enabled, health, disabled_cause, disabled_at)
        select ${sql.placeholder('id')}::uuid, ${sql.placeholder('actorId')}::uuid, ${sql.placeholder('url')},
               ${sql.placeholder('description')}, ${sql.placeholder('types')}::text[], ${sql.placeholder('filter')},
               ${sql.placeholder('secret')}::bytea, ${isEnabled},
               case when ${isEnabled} then 'healthy' else 'disabled' end,
               case when not ${isEnabled} then 'owner' end, case when not ${isEnabled} then now() end
        where (select count(*) from webhooks where owner_id = ${sql.placeholder('actorId')}::uuid)
              < ${sql.raw(String(maxWebhooks))}
        returning *
      ), ${auditWebhook('created', 'created')}
      select ${webhookText} as text, version from created`,
)

/**
 * Creates a webhook of the actor with a new secret, which is stored encrypted.
 * @throws Problem 422, 403 for types that the token may not read, 409 when the actor has twenty, 501 without a key
 */
export async function createWebhook(deps: Deps, actor: Actor, input: NewWebhook) {
  const sealer = requireSealer(deps)
  const { types = null } = input
  requireScopes(actor, types)
  const { url, description = '', filter = null } = await normalizeWebhook(deps, input)
  const [id, secret] = [randomUUID(), createWebhookSecret()]
  const fields = { id, url, description, types, filter, isEnabled: input.enabled ?? true }
  const values = { ...fields, ...webhookActorValues(actor) }
  const [stored] = await deps.transaction({ actorId: actor.id }, async ({ db }) => {
    // The count must see the webhooks of every create before this one.
    await lockWebhooksOf(db, { actorId: actor.id })
    return insert(db, { ...values, secret: sealer.seal(Buffer.from(secret), id) })
  })
  if (!stored) throw new Problem('too-many-webhooks', `A user has at most ${maxWebhooks} webhooks.`)
  return { ...stored, id, secret }
}

/** Returns the encryption of secrets. @throws Problem 501 when the operators have set no key */
export function requireSealer({ webhooks: { sealer } }: Deps): Sealer {
  if (sealer) return sealer
  throw new Problem(
    'webhooks-off',
    'This installation has no key for the secrets of webhooks. Its operators set SECRETS_KEY.',
  )
}
