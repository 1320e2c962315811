/** How long events are kept, whatever becomes of their entities; the audit trail is kept for good. */
export const eventRetentionDays = 30
