import type { ConsumerName } from '@goals-tasks/events'

/** The variables that give a consumer its receiver. */
export const receiverVariables: Partial<Record<ConsumerName, string>> = {
  sync: 'SYNC_URL',
  email: 'SMTP_URL or SMTP_HOST',
}
