import Type from 'typebox'
import { annotated, exampleIds, Id, Instant } from './schemas.ts'

const count = (description: string, example: number) => annotated(Type.Integer({ minimum: 0 }), description, example)

const started = {
  id: annotated(Id, 'The id of the run.', exampleIds.syncRun),
  userId: annotated(Id, 'The user whose goals and tasks are sent.', exampleIds.user),
  webhookId: annotated(Id, 'The id of the webhook.', exampleIds.webhook),
  createdAt: annotated(Instant, 'The instant of the request for the run, in UTC.', '2027-01-04T09:30:00.000Z'),
}

/** The start of a run that sends all goals and tasks of a user to a webhook. */
export const SyncRun = Type.Object(started, { title: 'StartedSyncRun', additionalProperties: false })

/** A run that has sent everything. */
export const FinishedSyncRun = Type.Object(
  {
    ...started,
    goals: count('The number of goals that were sent.', 12),
    tasks: count('The number of tasks that were sent.', 148),
    skipped: count('The number of goals and tasks that the filter left out.', 0),
    failed: count('The number of goals and tasks that the receiver refused in every attempt.', 0),
    startedAt: annotated(Instant, 'The instant at which the run began, in UTC.', '2027-01-04T09:30:01.000Z'),
    endedAt: annotated(Instant, 'The instant at which the run ended, in UTC.', '2027-01-04T09:30:07.000Z'),
  },
  {
    title: 'FinishedSyncRun',
    description: 'A run that has sent all goals and tasks of a user to a webhook.',
    additionalProperties: false,
  },
)
