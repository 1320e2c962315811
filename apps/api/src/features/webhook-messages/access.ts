import type { AccessRule } from '../../resource/http/access.ts'

/** The access rules of the messages of a webhook, as the permission matrix expects them. */
export const webhookMessageAccess = {
  read: { live: '200 404 404 404 404 404 200' },
  send: { live: '202 404 404 404 404 404 202' },
} satisfies Record<string, AccessRule>
