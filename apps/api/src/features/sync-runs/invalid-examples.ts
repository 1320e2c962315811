import { invalidSharedParameters } from '../../resource/invalid-examples.ts'
import type { NewSyncRun } from './schemas.ts'

/** By field of a run: values that the API refuses. */
export const invalidSyncRunFields = {
  webhookId: [null, '', 'x', 5, {}, [], ['5d2f8a6b-7c13-4e9a-b0d4-1f6e3c8a9b72'], '5d2f8a6b-7c13-4e9a-b0d4'],
} satisfies Record<keyof NewSyncRun, unknown[]>

/** By query parameter of the routes of runs: values that the API refuses. */
export const invalidSyncRunParameters = {
  limit: invalidSharedParameters.limit,
  cursor: invalidSharedParameters.cursor,
}
