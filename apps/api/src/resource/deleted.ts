import { Problem } from '@goals-tasks/http'
import type { Deps } from '../deps.ts'

const dayMs = 86_400_000

type Deleted = { text: string; deleted: boolean }

const deletedAtOf = ({ text }: Deleted) => (JSON.parse(text) as { deletedAt: string }).deletedAt
const purgeMsOf = ({ retentionDays }: Deps, stored: Deleted) => Date.parse(deletedAtOf(stored)) + retentionDays * dayMs

/** Whether the retention of a deleted entity is over. A worker may be purging it, so it counts as gone for good. */
export const isExpired = (deps: Deps, stored: Deleted): boolean =>
  stored.deleted && purgeMsOf(deps, stored) <= deps.clock()

/** Returns the 410 for a deleted entity: when it was deleted, when it will be purged, and how to restore it. */
export function gone(deps: Deps, path: string, stored: Deleted): Problem {
  const [deletedAt, restore] = [deletedAtOf(stored), `${path}/restore`]
  return new Problem(
    'gone',
    `It was deleted at ${deletedAt}. POST to ${restore} restores it; includeDeleted=true shows it.`,
    { extra: { deletedAt, purgeAt: new Date(purgeMsOf(deps, stored)).toISOString(), restore } },
  )
}
