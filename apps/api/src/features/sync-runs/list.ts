import { actorId } from '@goals-tasks/db'
import { defaultLimit, type Page } from '@goals-tasks/http'
import { sql } from 'drizzle-orm'
import type { Deps } from '../../deps.ts'
import type { Actor } from '../../resource/actor.ts'
import { createList, newestFirst } from '../../resource/lists/keyset.ts'
import { syncRunText } from './read.ts'
import type { SyncRunListQuery } from './schemas.ts'

const runsOfUser = createList(
  'sync_runs_of_user',
  (conditions) => sql`select ${syncRunText} as text, created_at, id from sync_runs
    where owner_id = ${actorId} ${conditions} ${newestFirst}`,
)

/** Lists the runs of the actor's webhooks, newest first. */
export const listSyncRuns = (
  { db }: Deps,
  actor: Actor,
  { limit = defaultLimit, cursor }: SyncRunListQuery,
): Promise<Page> => runsOfUser(db, { limit, cursor, filters: [], values: { actorId: actor.id } })
