import type { AccessRule } from '../../resource/http/access.ts'

/** The access rules of sync runs, as the permission matrix expects them. */
export const syncRunAccess = {
  start: { live: '202 404 404 404 404 404 202' },
  list: { live: '200 200 200 200 200 200 200' },
  use: { live: '200 404 404 404 404 404 200' },
} satisfies Record<string, AccessRule>
