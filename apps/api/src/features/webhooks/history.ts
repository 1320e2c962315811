import { webhookActions } from '@goals-tasks/db'
import { annotated, exampleIds, Id, stringEnum } from '@goals-tasks/events'
import { defaultLimit, type Page } from '@goals-tasks/http'
import { sql } from 'drizzle-orm'
import Type from 'typebox'
import type { Deps } from '../../deps.ts'
import type { Actor } from '../../resource/actor.ts'
import { eventCause, occurredAt } from '../../resource/event-members.ts'
import type { HistoryQuery } from '../../resource/history.ts'
import { beforeId, createIdList, pageLimit } from '../../resource/lists/id-list.ts'
import { loadWebhook } from './read.ts'

const { actorId, asAdmin, via, correlationId } = eventCause

export const WebhookHistoryEntry = Type.Object(
  {
    id: annotated(Id, 'The id of the entry.', exampleIds.event),
    action: stringEnum(webhookActions, {
      title: 'WebhookAction',
      description:
        'The kind of the change. Operators of the installation made `paused`, after which the events wait, and ' +
        '`resumed`; the `actorId` is the nil UUID then.',
      examples: ['changed'],
    }),
    version: Type.Integer({
      description: 'The version of the webhook after the change. A pause does not change it.',
      examples: [2],
    }),
    fields: Type.Array(Type.String(), {
      description: 'The names of the changed fields. Their values are not kept.',
      examples: [['url', 'enabled']],
    }),
    ...{ actorId, asAdmin, via, correlationId, occurredAt },
  },
  { title: 'WebhookHistoryEntry', description: 'A change of a webhook by a user, or a pause by an operator.' },
)

const changes = createIdList(
  'webhook_history',
  sql`select id, json_build_object(
        'id', id, 'action', action, 'version', version, 'fields', fields, 'actorId', actor_id, 'asAdmin', as_admin,
        'via', via, 'correlationId', correlation_id, 'occurredAt', rfc3339(occurred_at))::text as text
      from webhook_audit_log where webhook_id = ${sql.placeholder('webhookId')}::uuid and id < ${beforeId}
      order by id desc limit ${pageLimit}`,
)

/** Lists the changes of a webhook and its pauses by operators, newest first. @throws Problem 404 for other users */
export async function webhookHistory(
  { db }: Deps,
  actor: Actor,
  id: string,
  { limit = defaultLimit, cursor }: HistoryQuery,
): Promise<Page> {
  const webhook = await loadWebhook(db, actor, id)
  return changes(db, { limit, cursor, values: { webhookId: webhook.id } })
}
