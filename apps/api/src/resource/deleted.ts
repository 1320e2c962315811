import { Problem } from '@goals-tasks/http'
import type { Deps } from '../deps.ts'

const dayMs = 86_400_000

type Deleted = { text: string; deleted: boolean }

const deletedAtOf = ({ text }: Deleted) => (JSON.parse(text) as { deletedAt: string }).deletedAt
const purgeMsOf = ({ retentionDays }: Deps, stored: Deleted) => Date.parse(deletedAtOf(stored)) + retentionDays * dayMs

/** Beyond the retention a worker may be purging it this very moment: it counts as gone for good. */
export const isExpired = (deps: Deps, stored: Deleted): boolean =>
  stored.deleted && purgeMsOf(deps, stored) <= deps.clock()

/** What a reader of a deleted entity is told: since when, until when and where it can still be had back. */
export function gone(deps: Deps, path: string, stored: Deleted): Problem {
  const [deletedAt, restore] = [deletedAtOf(stored), `${path}/restore`]
  return new Problem(
    'gone',
    `It was deleted at ${deletedAt}. POST to ${restore} brings it back; includeDeleted=true shows it.`,
    { extra: { deletedAt, purgeAt: new Date(purgeMsOf(deps, stored)).toISOString(), restore } },
  )
}
