import type { AccessRule } from '../../resource/http/access.ts'

/** The access rules of a webhook, as the permission matrix expects them, in the order of `matrixActors`. */
export const webhookAccess = {
  list: { live: '200 200 200 200 200 200 200' },
  create: { live: '201 201 201 201 201 201 201' },
  use: { live: '200 404 404 404 404 404 200' },
  remove: { live: '204 404 404 404 404 404 204' },
} satisfies Record<string, AccessRule>
