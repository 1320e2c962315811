import { annotated, exampleIds, Id, Instant, Nullable, stringEnum } from '@goals-tasks/events'
import Type, { type Static } from 'typebox'
import { paging } from '../../resource/lists/query.ts'

const count = (description: string, example: number) => Type.Integer({ minimum: 0, description, examples: [example] })
const instantOrNull = (description: string, example: string | null) =>
  Nullable(Instant, { description, examples: [example] })

export const SyncRunParams = Type.Object({ runId: annotated(Id, 'The id of the run.', exampleIds.syncRun) })
export const SyncRunListQuery = Type.Object(paging, { additionalProperties: false })
export type SyncRunListQuery = Static<typeof SyncRunListQuery>

export const NewSyncRun = Type.Object(
  { webhookId: annotated(Id, 'The id of the webhook that gets the goals and tasks.', exampleIds.webhook) },
  {
    title: 'NewSyncRun',
    description: 'The webhook of a new run.',
    additionalProperties: false,
    examples: [{ webhookId: exampleIds.webhook }],
  },
)
export type NewSyncRun = Static<typeof NewSyncRun>

const fields = {
  id: annotated(Id, 'The id of the run, which is the `runId` in its messages.', exampleIds.syncRun),
  webhookId: annotated(Id, 'The id of the webhook.', exampleIds.webhook),
  state: stringEnum(['pending', 'running', 'completed', 'failed', 'cancelled'], {
    title: 'SyncRunState',
    description:
      '`pending`: nothing was sent yet. `running`: goals and tasks are being sent, or wait for their webhook. ' +
      '`completed`: each was sent, left out or refused. `failed`: the run ended early, and `error` says why. ' +
      '`cancelled`: a user ended it.',
    examples: ['running'],
  }),
  total: Nullable(Type.Integer({ minimum: 0 }), {
    description: 'The number of goals and tasks at the beginning. Null before.',
    examples: [160],
  }),
  goals: count('The number of goals that the receiver has taken.', 12),
  tasks: count('The number of tasks that the receiver has taken.', 96),
  skipped: count('The number of goals and tasks that the filter of the webhook left out.', 0),
  retrying: count('The number of goals and tasks that the receiver refused, and that are sent again.', 0),
  failed: count('The number of goals and tasks that the receiver refused in every attempt.', 0),
  error: Nullable(Type.String(), { description: 'Why the run failed, or null.', examples: [null] }),
  createdAt: annotated(Instant, 'The instant of the request for the run, in UTC.', '2027-01-04T09:30:00.000Z'),
  startedAt: instantOrNull('The instant at which the run began, in UTC, or null.', '2027-01-04T09:30:01.000Z'),
  endedAt: instantOrNull('The instant at which the run ended, in UTC, or null.', null),
}

export const SyncRun = Type.Object(fields, {
  title: 'SyncRun',
  description: 'A run that sends all goals and tasks of a user to a webhook.',
})

const SyncRunFailure = Type.Object(
  {
    entityType: stringEnum(['goal', 'task'], { description: 'The kind of the entity.', examples: ['task'] }),
    entityId: annotated(Id, 'The id of the goal or task.', exampleIds.task),
    attempts: count('The number of requests with it.', 2),
    error: Type.String({ description: 'Why the last one failed.', examples: ['the receiver answered 422'] }),
    nextAttemptAt: instantOrNull('The earliest instant of the next request, in UTC. Null after the last one.', null),
  },
  { title: 'SyncRunFailure', description: 'A goal or task that the receiver refused.' },
)

export const SyncRunWithFailures = Type.Object(
  {
    ...fields,
    failures: Type.Array(SyncRunFailure, {
      description: 'The goals and tasks that the receiver refused. At most a hundred are shown.',
      examples: [[]],
    }),
  },
  { title: 'SyncRunWithFailures', description: 'A run, with the goals and tasks that the receiver refused.' },
)
