import { Problem } from '../errors.ts'

const dayMs = 86_400_000

/** What a reader of a deleted entity is told: since when, and until when it can still be had back. */
export function gone(text: string, retentionDays: number): Problem {
  const { deletedAt } = JSON.parse(text) as { deletedAt: string }
  const purgeAt = new Date(Date.parse(deletedAt) + retentionDays * dayMs).toISOString()
  return new Problem('gone', `It was deleted at ${deletedAt}. Ask with includeDeleted=true to see it.`, {
    extra: { deletedAt, purgeAt },
  })
}
