import { invalidApiKeyFields, invalidApiKeyParameters } from '../../src/features/api-keys/invalid-examples.ts'
import { invalidChangeParameters } from '../../src/features/changes/invalid-examples.ts'
import { invalidContactFields } from '../../src/features/contacts/invalid-examples.ts'
import { invalidGoalFields, invalidGoalParameters } from '../../src/features/goals/invalid-examples.ts'
import { invalidMailScheduleFields } from '../../src/features/mail-schedule/invalid-examples.ts'
import { invalidPreferenceFields } from '../../src/features/notification-preferences/invalid-examples.ts'
import {
  invalidNotificationFields,
  invalidNotificationParameters,
} from '../../src/features/notifications/invalid-examples.ts'
import { invalidSyncRunFields, invalidSyncRunParameters } from '../../src/features/sync-runs/invalid-examples.ts'
import { invalidTaskFields, invalidTaskParameters } from '../../src/features/tasks/invalid-examples.ts'
import { invalidMessageParameters, invalidReplayFields } from '../../src/features/webhook-messages/invalid-examples.ts'
import { invalidWebhookFields, invalidWebhookParameters } from '../../src/features/webhooks/invalid-examples.ts'

/** Invalid values by field, for every field that some body may name. */
export const invalidFields: Record<string, unknown[]> = {
  // The `description` of a goal may be longer, so its values are invalid for a webhook as well.
  ...invalidWebhookFields,
  ...invalidGoalFields,
  ...invalidTaskFields,
  ...invalidApiKeyFields,
  ...invalidNotificationFields,
  ...invalidPreferenceFields,
  ...invalidMailScheduleFields,
  ...invalidReplayFields,
  ...invalidContactFields,
  ...invalidSyncRunFields,
}

/** Invalid values by query parameter, for every parameter of some route. */
export const invalidParameters: Record<string, string[]> = {
  ...invalidApiKeyParameters,
  ...invalidChangeParameters,
  ...invalidGoalParameters,
  ...invalidTaskParameters,
  ...invalidNotificationParameters,
  ...invalidWebhookParameters,
  ...invalidMessageParameters,
  ...invalidSyncRunParameters,
}
