import { setPause } from '@goals-tasks/db'
import { maxActorLength, maxReasonLength } from '@goals-tasks/db/operator-limits'
import { moment, oneLine } from '../format.ts'
import type { OpenInstallation } from '../installation/open.ts'
import type { CommandResult } from '../installation/run.ts'

/** Pauses or resumes a consumer or a webhook. The text says who changed it last, and why. */
export async function runPause(
  { pool }: Pick<OpenInstallation, 'pool'>,
  pause: Parameters<typeof setPause>[1],
): Promise<CommandResult> {
  const written = await setPause(pool, pause)
  if (!written)
    return {
      text: `no user has the webhook ${pause.consumer}`,
      document: { consumer: pause.consumer, found: false },
      exitCode: 1,
    }
  const { changed, ...record } = written
  const { consumer, isPaused, actor, reason, since } = record
  const state = `${changed ? '' : 'already '}${isPaused ? 'paused' : 'resumed'}`
  const cause = `${oneLine(actor, maxActorLength)}: ${oneLine(reason, maxReasonLength)}`
  const text = `${consumer} is ${state} since ${moment(since)}, by ${cause}`
  return { text, document: { ...record, changed }, exitCode: 0 }
}
