import type { FastifyPluginAsync } from 'fastify'
import type { Deps } from '../../deps.ts'
import type { Actor } from '../../resource/actor.ts'
import { createOperations, Nothing } from '../../resource/http/operations.ts'
import { accepted, listed, viewed } from '../../resource/http/responses.ts'
import { loadWebhook } from '../webhooks/read.ts'
import { webhookMessageAccess } from './access.ts'
import { listAttempts, listMessages } from './list.ts'
import { replayEvents } from './replay.ts'
import { resendMessage } from './resend.ts'
import {
  AttemptListQuery,
  MessageListQuery,
  MessageParams,
  QueuedMessage,
  Replay,
  ReplayResult,
  Undelivered,
  WebhookAttempt,
  WebhookMessage,
  WebhookParams,
} from './schemas.ts'
import { sendTest } from './test-event.ts'
import { countUndelivered } from './undelivered.ts'

const find = async ({ db }: Deps, actor: Actor, { webhookId }: { webhookId: string }) => {
  await loadWebhook(db, actor, webhookId)
}

export const webhookMessageRoutes =
  (deps: Deps): FastifyPluginAsync =>
  async (app) => {
    const { query, act } = createOperations(app, deps, {
      ...{ tag: 'webhooks', read: 'webhooks:read', write: 'webhooks:write' },
    })

    query('/v1/webhooks/:webhookId/messages', {
      ...{ id: 'listWebhookMessages', summary: 'List the messages' },
      cost: 2,
      description: 'Lists the events of a webhook with their states, newest first. Requests are kept for 30 days.',
      access: { rule: webhookMessageAccess.read },
      params: WebhookParams,
      query: MessageListQuery,
      problems: ['cursor-mismatch'],
      response: listed('WebhookMessagePage', WebhookMessage),
      run: (deps, actor, { params, query }) => listMessages(deps, actor, params.webhookId, query),
    })

    query('/v1/webhooks/:webhookId/messages/:eventId/attempts', {
      ...{ id: 'listWebhookAttempts', summary: 'List the attempts' },
      description: 'Lists the requests that carried an event to a webhook, newest first, with the responses.',
      access: { rule: webhookMessageAccess.read },
      params: MessageParams,
      query: AttemptListQuery,
      problems: ['cursor-mismatch'],
      response: listed('WebhookAttemptPage', WebhookAttempt),
      run: (deps, actor, { params, query }) => listAttempts(deps, actor, params, query),
    })

    query('/v1/webhooks/:webhookId/undelivered', {
      ...{ id: 'countUndelivered', summary: 'Count undelivered events' },
      cost: 5,
      description: 'Counts the events that a webhook did not get, each number exactly up to 10,000.',
      access: { rule: webhookMessageAccess.read },
      params: WebhookParams,
      query: Nothing,
      response: viewed('The numbers of events.', Undelivered),
      run: (deps, actor, { params }) => countUndelivered(deps, actor, params.webhookId),
    })

    act('/v1/webhooks/:webhookId/messages/:eventId/resend', {
      ...{ id: 'resendWebhookMessage', summary: 'Send a message again' },
      description:
        'Sends an event to a webhook again, at once. ' +
        'The request has the same `webhook-id` as before, and the header `webhook-replay: true`. ' +
        'Any event that you could see may be sent, as long as it is kept.',
      access: { rule: webhookMessageAccess.send, emits: false },
      params: MessageParams,
      body: Nothing,
      problems: ['webhook-disabled'],
      response: accepted('The event is about to be sent.', QueuedMessage),
      find,
      run: (deps, actor, { params }) => resendMessage(deps, actor, params),
    })

    act('/v1/webhooks/:webhookId/test', {
      ...{ id: 'testWebhook', summary: 'Send a test event' },
      description:
        'Sends an event of the type `webhook:test` to this webhook, at once, whatever its types and its filter are. ' +
        'The messages of the webhook show the result.',
      access: { rule: webhookMessageAccess.send },
      params: WebhookParams,
      body: Nothing,
      problems: ['webhook-disabled'],
      response: accepted('The event is about to be sent.', QueuedMessage),
      find,
      run: (deps, actor, { params }) => sendTest(deps, actor, params.webhookId),
    })

    act('/v1/webhooks/:webhookId/replay', {
      ...{ id: 'replayWebhookEvents', summary: 'Replay events' },
      cost: 50,
      description:
        'Sends the events of a time, or after a cursor of the feed, to a webhook again, those too that happened ' +
        'while it was disabled. ' +
        'One request queues those among 1,000 events that have a type of the webhook. ' +
        'Repeat it with `cursor` until `nextCursor` is null.',
      access: { rule: webhookMessageAccess.send, body: { from: '2026-01-01T00:00:00Z' }, emits: false },
      params: WebhookParams,
      body: Replay,
      problems: ['webhook-disabled', 'too-many-undelivered'],
      response: accepted('Some of the events are about to be sent.', ReplayResult),
      find,
      run: (deps, actor, { params, body }) => replayEvents(deps, actor, params.webhookId, body),
    })
  }
