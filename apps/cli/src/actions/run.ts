import { listActions, type RecordedAction } from '@goals-tasks/db'
import { maxActorLength, maxReasonLength } from '@goals-tasks/db/operator-limits'
import { moment, oneLine } from '../format.ts'
import type { OpenInstallation } from '../installation/open.ts'
import type { CommandResult } from '../installation/run.ts'

export type ActionsOptions = { limit: number; after?: string; subject?: string }

/** Lists actions of operators. The text ends with the option that continues the list. */
export async function runActions(
  { pool }: Pick<OpenInstallation, 'pool'>,
  { limit, after, subject }: ActionsOptions,
): Promise<CommandResult> {
  const found = await listActions(pool, { after, subject, limit: limit + 1 })
  const data = found.slice(0, limit)
  const next = found.length > limit ? (data.at(-1)?.id ?? null) : null
  const text = [
    ...data.map(toLine),
    ...(data.length === 0 ? ['no actions'] : []),
    ...(next === null ? [] : [`more follow: --after ${next}`]),
  ].join('\n')
  return { text, document: { data, next }, exitCode: 0 }
}

function toLine({ occurredAt, action, subject, actor, reason }: RecordedAction): string {
  const cause = reason === null ? '' : `: ${oneLine(reason, maxReasonLength)}`
  return `${moment(occurredAt).slice(0, 19)}  ${action}  ${subject}, by ${oneLine(actor, maxActorLength)}${cause}`
}
