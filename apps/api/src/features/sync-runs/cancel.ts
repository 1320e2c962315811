import { endSyncRun } from '@goals-tasks/db'
import { Problem } from '@goals-tasks/http'
import type { Deps } from '../../deps.ts'
import type { Actor } from '../../resource/actor.ts'
import { jsonResponse } from '../../resource/http/reply.ts'
import type { StoredResponse } from '../../resource/idempotency.ts'
import { loadSyncRun } from './read.ts'

/**
 * Cancels a run. A cancelled run stays as it is.
 * @throws Problem 404 for other users, 409 when the run has ended otherwise
 */
export async function cancelRun({ db }: Deps, actor: Actor, runId: string): Promise<StoredResponse> {
  const { id } = await loadSyncRun(db, actor, runId)
  await endSyncRun(db, { id, state: 'cancelled', error: null })
  const { state, text } = await loadSyncRun(db, actor, id)
  if (state !== 'cancelled') throw new Problem('sync-run-over', `The run is ${state}, so it cannot be cancelled.`)
  return jsonResponse(text)
}
