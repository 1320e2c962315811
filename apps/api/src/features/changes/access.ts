import type { AccessRule } from '../../resource/http/access.ts'

/** Every user has a feed of their own. The readers of each event decide what stands in it. */
export const changesAccess = {
  anyone: { live: '200 200 200 200 200 200 200' },
} satisfies Record<string, AccessRule>
