import { invalidIds, invalidSharedParameters } from '../../resource/invalid-examples.ts'
import type { ReadAll } from './schemas.ts'

/** By field of the bodies about notifications: values that the API refuses. */
export const invalidNotificationFields = {
  upTo: [null, 5, [], {}, ...invalidIds],
} satisfies Record<keyof ReadAll, unknown[]>

/** By query parameter of the routes of notifications: values that the API refuses. */
export const invalidNotificationParameters = {
  ...invalidSharedParameters,
  unread: ['', 'yes', '2', 'true,false', 'null'],
  archived: ['', 'yes', '2', 'true,false', 'null'],
  kind: ['', 'task', 'task-assigned,', 'TASK-ASSIGNED', 'task-assigned;goal-completed', '__proto__', '%00'],
}
