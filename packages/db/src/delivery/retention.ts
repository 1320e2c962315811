/** Days after which events are deleted. The audit log is kept for longer. */
export const eventRetentionDays = 30
/** Days after which the requests to webhooks are deleted from their log. */
export const webhookAttemptRetentionDays = 30
/** Days after which sync runs are deleted. */
export const syncRunRetentionDays = 30
/**
 * Days after which notifications are deleted. Longer than events are kept: the row of a notification is what prevents a
 * second one for the same event.
 */
export const notificationRetentionDays = 90
