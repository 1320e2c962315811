import type { AccessRule } from '../../resource/http/access.ts'

/** The access rules of an API key, as the permission matrix expects them, in the order of `matrixActors`. */
export const apiKeyAccess = {
  list: { live: '200 200 200 200 200 200 200' },
  create: { live: '201 201 201 201 201 201 201' },
  readOrRename: { live: '200 404 404 404 404 404 200' },
  revoke: { live: '204 404 404 404 404 404 204' },
} satisfies Record<string, AccessRule>
