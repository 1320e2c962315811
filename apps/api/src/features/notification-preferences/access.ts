import type { AccessRule } from '../../resource/http/access.ts'

/** The access rule of preferences: each actor has their own, the scope `admin` included. */
export const preferenceAccess = { live: '200 200 200 200 200 200 200' } satisfies AccessRule
