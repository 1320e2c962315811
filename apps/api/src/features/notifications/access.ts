import type { AccessRule } from '../../resource/http/access.ts'

/**
 * The access rules of the inbox, as the permission matrix expects them: the status per actor, in the order of
 * `matrixActors`. The owner of the matrix is the recipient. The scope `admin` opens no inbox of another user.
 */
export const notificationAccess = {
  own: { live: '200 200 200 200 200 200 200' },
  recipient: { live: '200 404 404 404 404 404 404' },
} satisfies Record<string, AccessRule>
