import { countDeadLetters, type DeadLetterFilter } from '@goals-tasks/db'
import { type BatchOptions, countedUpTo, discardInBatches, replayInBatches } from '@goals-tasks/operations'
import { type CauseOptions, causeOf } from '../cause.ts'
import { count, plural } from '../format.ts'
import type { OpenInstallation } from '../installation/open.ts'
import type { CommandResult } from '../installation/run.ts'

type Open = Pick<OpenInstallation, 'pool' | 'queues'>
type Change = typeof replayInBatches
type Limit = { limit?: number }

/** Replays the dead letters, or counts them with `dryRun`. */
export async function runReplay(
  open: Open,
  filter: DeadLetterFilter,
  { dryRun = false, rate, limit, ...cause }: Limit & CauseOptions & { dryRun?: boolean; rate: number },
): Promise<CommandResult> {
  const matching = await countMatching(open, filter, limit)
  if (dryRun)
    return {
      text: `would replay ${deadLetters(matching)}`,
      document: { dryRun, wouldReplay: matching },
      exitCode: 0,
    }
  return changeAll(open, replayInBatches, { filter, cause, limit, ratePerSecond: rate, matching, done: 'replayed' })
}

/** Discards the dead letters. Without `yes` it only counts them, and fails. */
export async function runDiscard(
  open: Open,
  filter: DeadLetterFilter,
  { yes = false, limit, ...cause }: Limit & CauseOptions & { yes?: boolean },
): Promise<CommandResult> {
  const matching = await countMatching(open, filter, limit)
  if (!yes)
    return {
      text: `would discard ${deadLetters(matching)}: repeat the command with --yes to delete them for good`,
      document: { wouldDiscard: matching },
      exitCode: 1,
    }
  return changeAll(open, discardInBatches, { filter, cause, limit, matching, done: 'discarded' })
}

const countMatching = ({ pool }: Open, filter: DeadLetterFilter, limit = countedUpTo) =>
  countDeadLetters(pool, filter, Math.min(limit, countedUpTo))

const deadLetters = (number: number) => plural(number, 'dead letter', count(number, countedUpTo))

type Job = {
  filter: DeadLetterFilter
  cause: CauseOptions
  limit: number | undefined
  ratePerSecond?: number
  matching: number
  done: 'replayed' | 'discarded'
}

/** Changes them in batches and prints the progress on standard error. Ctrl-C stops it after the running batch. */
async function changeAll(open: Open, change: Change, job: Job): Promise<CommandResult> {
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  const log = { warn: (_facts: object, message: string) => console.error(message) }
  const options: BatchOptions = {
    cause: causeOf(job.cause),
    ...(job.limit !== undefined && { limit: job.limit }),
    ...(job.ratePerSecond !== undefined && { ratePerSecond: job.ratePerSecond }),
    signal: stop.signal,
    onProgress: (changed) => console.error(`${job.done} ${count(changed)} of ${count(job.matching, countedUpTo)}`),
  }
  const changed = await change({ ...open, log }, job.filter, options)
  return resultOf(job, changed, stop.signal.aborted)
}

function resultOf({ filter, done }: Job, changed: number, stopped: boolean): CommandResult {
  const missing = filter.ids ? new Set(filter.ids).size - changed : 0
  const text = [
    `${done} ${plural(changed, 'dead letter')}`,
    ...(stopped ? ['stopped: the other dead letters are as they were'] : []),
    ...(missing > 0 && !stopped ? [`${plural(missing, 'id')} named no dead letter`] : []),
  ].join('\n')
  return { text, document: { [done]: changed, stopped }, exitCode: stopped || missing > 0 ? 1 : 0 }
}
