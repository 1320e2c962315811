import type { ProblemRow } from './problem-row.ts'

/** The problems of webhooks and sync runs. */
export const webhookProblems = {
  'too-many-webhooks': {
    status: 409,
    title: 'The user has reached the maximum number of webhooks',
    detail: 'A user has at most 20 webhooks.',
    why: 'A user has at most twenty webhooks, and disabled ones count as well.',
    remedy: 'Delete a webhook that no program needs, or let one webhook get more types of events.',
  },
  'webhook-disabled': {
    status: 409,
    title: 'The webhook is disabled',
    detail: 'The webhook is disabled. Enable it first.',
    why: 'A disabled webhook gets no requests, so nothing is sent to it again.',
    remedy: 'Enable it by a PATCH with `"enabled": true`. `disabledCause` says why it was disabled.',
  },
  'too-many-undelivered': {
    status: 409,
    title: 'Too many events wait for the webhook',
    detail: 'The webhook has more than 10000 events to get. Repeat this request when it has got some.',
    why: 'A replay waits while the webhook has more than 10,000 events to get.',
    remedy: 'Repeat the request later. `GET /v1/webhooks/{webhookId}/undelivered` shows how many events wait.',
  },
  'sync-run-active': {
    status: 409,
    title: 'The webhook has a sync run',
    detail: 'The webhook has a run that is not over yet. Wait for its end, or cancel it.',
    why: 'A webhook has one sync run at a time, and a run waits while its webhook is suspended.',
    remedy:
      'Find the run by `GET /v1/sync-runs`. Wait for its end, or cancel it by `POST /v1/sync-runs/{runId}/cancel`.',
  },
  'sync-run-over': {
    status: 409,
    title: 'The sync run is over',
    detail: 'The run is completed, so it cannot be cancelled.',
    why: 'Only a run that is pending or running can be cancelled.',
    remedy: 'Nothing is left to do: the run sends no more goals and tasks.',
  },
  'nothing-to-sync': {
    status: 409,
    title: 'The webhook gets neither goals nor tasks',
    detail: 'The types of the webhook include none of a goal or task.',
    why: 'A sync run sends goals or tasks, and the `types` of the webhook include none of them.',
    remedy: 'Change the `types` of the webhook, or name another webhook.',
  },
  'webhooks-off': {
    status: 501,
    title: 'This installation has no webhooks',
    detail: 'This installation has no key for the secrets of webhooks. Its operators set SECRETS_KEY.',
    why: 'The secrets of webhooks are encrypted, and the operators of this installation have set no key.',
    remedy: 'Ask the operators to set SECRETS_KEY. Until then, read the feed at `/v1/changes`.',
  },
} as const satisfies Record<string, ProblemRow>
