import type { FastifyPluginAsync } from 'fastify'
import type { Deps } from '../../deps.ts'
import { withMembers } from '../../resource/capabilities.ts'
import { HistoryQuery } from '../../resource/history.ts'
import { createOperations, Nothing } from '../../resource/http/operations.ts'
import { entityResponse, noContent as nothing, view } from '../../resource/http/reply.ts'
import { changedWhole, created, listed, noContent, ok, okOrUnchanged } from '../../resource/http/responses.ts'
import { webhookAccess } from './access.ts'
import { patchWebhook } from './change.ts'
import { createWebhook } from './create.ts'
import { WebhookHistoryEntry, webhookHistory } from './history.ts'
import { listWebhooks, WebhookListQuery } from './list.ts'
import { loadWebhook } from './read.ts'
import { deleteWebhook } from './remove.ts'
import { rotateSecret } from './rotate.ts'
import { NewWebhook, Webhook, WebhookParams, WebhookPatch, WebhookWithSecret } from './schemas.ts'

const noun = 'webhook'

export const webhookRoutes =
  (deps: Deps): FastifyPluginAsync =>
  async (app) => {
    const { query, create, patch, command } = createOperations(app, deps, {
      ...{ tag: 'webhooks', read: 'webhooks:read', write: 'webhooks:write' },
    })

    create('/v1/webhooks', {
      ...{ id: 'createWebhook', summary: 'Create a webhook' },
      description:
        'Creates a webhook: an address of yours that gets the events that you may see. ' +
        'Only the response to this request contains the secret that signs them. You have at most 20 webhooks.',
      access: { rule: webhookAccess.create, body: { url: 'https://hooks.example/' }, emits: false },
      body: NewWebhook,
      problems: ['too-many-webhooks', 'webhooks-off'],
      response: created(WebhookWithSecret, noun),
      async run(deps, actor, { body }) {
        const { id, text, version, secret } = await createWebhook(deps, actor, body)
        const response = entityResponse({ text, version }, 201, { location: `/v1/webhooks/${id}` })
        return { ...response, body: withMembers(text, { secret }), storedBody: text }
      },
    })

    query('/v1/webhooks', {
      ...{ id: 'listWebhooks', summary: 'List your webhooks' },
      description: 'Lists your webhooks, newest first, also the disabled ones.',
      access: { rule: webhookAccess.list },
      query: WebhookListQuery,
      problems: ['cursor-mismatch'],
      response: listed('WebhookPage', Webhook),
      run: (deps, actor, { query }) => listWebhooks(deps, actor, query),
    })

    query('/v1/webhooks/:webhookId', {
      ...{ id: 'readWebhook', summary: 'Read a webhook' },
      description: 'Returns a webhook without its secret. Its tag is weak, because its health has no version.',
      access: { rule: webhookAccess.use },
      params: WebhookParams,
      query: Nothing,
      response: okOrUnchanged(Webhook, noun),
      run: async ({ db }, actor, { params }) => view((await loadWebhook(db, actor, params.webhookId)).text),
    })

    query('/v1/webhooks/:webhookId/history', {
      ...{ id: 'webhookHistory', summary: "Read a webhook's history" },
      description:
        'Lists the changes of a webhook by users, newest first: its creation, the changes of its fields, ' +
        'the rotations of its secret; and its pauses by operators of the installation.',
      access: { rule: webhookAccess.use },
      params: WebhookParams,
      query: HistoryQuery,
      problems: ['cursor-mismatch'],
      response: listed('WebhookHistoryPage', WebhookHistoryEntry),
      run: (deps, actor, { params, query }) => webhookHistory(deps, actor, params.webhookId, query),
    })

    patch('/v1/webhooks/:webhookId', {
      ...{ id: 'patchWebhook', summary: 'Change a webhook' },
      description:
        'Changes fields of a webhook, or disables and enables it. ' +
        'A webhook that is enabled again, or that gets another address, begins healthy.',
      access: { rule: webhookAccess.use, body: { description: 'New' }, emits: false },
      params: WebhookParams,
      body: WebhookPatch,
      response: ok(Webhook, noun),
      run: async (deps, actor, { params, body, precondition }) =>
        entityResponse(await patchWebhook(deps, actor, params.webhookId, { body, precondition })),
    })

    command('DELETE', '/v1/webhooks/:webhookId', {
      ...{ id: 'deleteWebhook', summary: 'Delete a webhook' },
      description: 'Deletes a webhook with its secret. It gets no more requests.',
      access: { rule: webhookAccess.remove, emits: false },
      changesAll: true,
      params: WebhookParams,
      response: noContent,
      async run(deps, actor, { params, precondition }) {
        await deleteWebhook(deps, actor, params.webhookId, precondition)
        return nothing
      },
    })

    command('POST', '/v1/webhooks/:webhookId/rotate-secret', {
      ...{ id: 'rotateWebhookSecret', summary: 'Rotate the secret' },
      description:
        'Gives a webhook a new secret, which only this response contains. ' +
        'For 24 hours, requests carry the signatures of both. ' +
        'A second rotation within that time ends the oldest secret at once.',
      access: { rule: webhookAccess.use, emits: false },
      changesAll: true,
      params: WebhookParams,
      body: Nothing,
      problems: ['webhooks-off'],
      response: changedWhole('The webhook with its new secret.', WebhookWithSecret),
      async run(deps, actor, { params, precondition }) {
        const { secret, ...entity } = await rotateSecret(deps, actor, params.webhookId, precondition)
        return {
          ...entityResponse(entity),
          body: withMembers(entity.text, { secret }),
          storedBody: entity.text,
        }
      },
    })
  }
