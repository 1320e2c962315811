import { type Goal, type SyncedEntity, type Task, toSyncMessage } from '@goals-tasks/events'
import type { Static } from 'typebox'
import type { Endpoint } from '../endpoint.ts'
import { type Sent, sendMessage } from '../send.ts'
import type { Entry } from './page.ts'

/** The result of one goal or task. It is hidden when its owner no longer sees it. */
export type EntryResult = { entry: Entry } & (Sent | { kind: 'skipped' | 'hidden' })

type Content = { [E in SyncedEntity]: Static<E extends 'goal' ? typeof Goal : typeof Task> }[SyncedEntity]

/**
 * Sends one goal or task, unless the filter of the webhook leaves it out. To a filter it is new. Never throws.
 */
export async function sendEntry(
  endpoint: Endpoint,
  entry: Entry,
  names: { source: string; runId: string },
): Promise<EntryResult> {
  if (entry.text === null) return { entry, kind: 'hidden' }
  const after: Content = JSON.parse(entry.text)
  if (!endpoint.matches({ before: null, after })) return { entry, kind: 'skipped' }
  const content = toSyncMessage(entry.entity, after, names)
  return { entry, ...(await sendMessage(endpoint, { id: content.id, content })) }
}
