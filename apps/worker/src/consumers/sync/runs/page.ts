import { loadSyncPage, loadSyncRetries, type SyncRunTurn } from '@goals-tasks/db'
import type { SyncedEntity } from '@goals-tasks/events'
import type pg from 'pg'

/** A goal or task to send. Its text is null when its owner no longer sees it. */
export type Entry = { entity: SyncedEntity; id: string; at: string; text: string | null }

type Stage = SyncRunTurn['stage']
/** Where a run goes on. */
export type Place = { stage: Stage; after: { at: string; id: string } | null }

export type Page = {
  entries: readonly Entry[]
  /** Returns the place after the entry with this index. */
  placeAfter(index: number): Place
}

/** Loads what a run sends next, at most `limit` goals or tasks. */
export async function loadRunPage(pool: pg.Pool, run: SyncRunTurn, limit: number): Promise<Page> {
  const { id: runId, stage } = run
  if (stage === 'retries') {
    const entries = await loadSyncRetries(pool, { runId, limit })
    return { entries, placeAfter: () => ({ stage, after: null }) }
  }
  const entries = await loadSyncPage(pool, stage === 'goals' ? 'goal' : 'task', { runId, limit })
  const end: Place = { stage: stageAfter(run), after: null }
  const isLast = entries.length < limit
  return {
    entries,
    placeAfter(index) {
      const entry = entries[index]
      return !entry || (isLast && index === entries.length - 1) ? end : { stage, after: { at: entry.at, id: entry.id } }
    },
  }
}

const stageAfter = ({ stage, withTasks }: SyncRunTurn): Stage => (stage === 'goals' && withTasks ? 'tasks' : 'retries')
