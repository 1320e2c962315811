/** Days after which events are deleted. The audit log is kept. */
export const eventRetentionDays = 30
