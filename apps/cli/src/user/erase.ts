import { bumpGeneration } from '@goals-tasks/cache'
import { messageOf } from '@goals-tasks/config/message-of'
import { recordAction } from '@goals-tasks/db'
import { countUser, type Erasure, eraseUser } from '@goals-tasks/operations'
import { type CauseOptions, causeOf } from '../cause.ts'
import { count, plural } from '../format.ts'
import type { OpenInstallation } from '../installation/open.ts'
import type { CommandResult } from '../installation/run.ts'

type Open = Pick<OpenInstallation, 'pool' | 'openCache'>
type Counts = Readonly<Record<string, number>>

/** Erases the user, or counts the rows. Without `yes` it only counts them, and fails unless it is a dry run. */
export async function runErase(
  open: Open,
  user: string,
  { dryRun = false, yes = false, ...cause }: CauseOptions & { dryRun?: boolean; yes?: boolean },
): Promise<CommandResult> {
  const found = await countUser(open.pool, user)
  if (dryRun || !yes) return countedResult(found, dryRun)
  const record = (action: 'user-erasure-started' | 'user-erased', details: object) =>
    recordAction(open.pool, { ...causeOf(cause), action, subject: user, details: { ...details } })
  await record('user-erasure-started', { found })
  const erasure = await eraseUntilStopped(open, user)
  const cacheError = await voidCache(open)
  await record('user-erased', { ...erasure, cacheError })
  return erasedResult(erasure, cacheError)
}

function countedResult(found: Counts, dryRun: boolean): CommandResult {
  const text = [
    `would change ${rows(sumOf(found))}${dryRun ? '' : ': repeat the command with --yes to erase the user for good'}`,
    ...linesOf(found),
  ].join('\n')
  return { text, document: { dryRun, wouldChange: found }, exitCode: dryRun ? 0 : 1 }
}

/** Ctrl-C stops it after the running batch. */
async function eraseUntilStopped({ pool }: Open, user: string): Promise<Erasure> {
  const stop = new AbortController()
  const onSignal = () => stop.abort()
  process.once('SIGINT', onSignal)
  let shown = 0
  const onProgress = (erased: Counts) => {
    if (sumOf(erased) === shown) return
    shown = sumOf(erased)
    console.error(`changed ${rows(shown)}`)
  }
  // The deliveries of the events are written with them. The sweeper of the workers enqueues these within 30 s.
  const erasure = await eraseUser({ pool, publish: () => undefined }, user, { signal: stop.signal, onProgress })
  process.removeListener('SIGINT', onSignal)
  return erasure
}

/** Voids the whole cache, which may hold texts of the user. @returns the reason why it could not */
async function voidCache({ openCache }: Open): Promise<string | null> {
  const cache = await openCache()
  try {
    if (cache.error === null) await bumpGeneration(cache)
    return cache.error
  } catch (error) {
    return messageOf(error)
  } finally {
    cache.close()
  }
}

function erasedResult({ erased, left, stopped }: Erasure, cacheError: string | null): CommandResult {
  const text = [
    `changed ${rows(sumOf(erased))}`,
    ...linesOf(erased),
    ...(stopped ? ['stopped: repeat the command to continue'] : []),
    ...(left > 0 ? [`${rows(left)} were written meanwhile: repeat the command`] : []),
    ...(cacheError === null ? [] : [`the cache was not voided (${cacheError}): repeat the command`]),
  ].join('\n')
  const isDone = left === 0 && !stopped && cacheError === null
  return { text, document: { erased, left, stopped, cacheError }, exitCode: isDone ? 0 : 1 }
}

const rows = (number: number) => plural(number, 'row')
const sumOf = (counts: Counts) => Object.values(counts).reduce((sum, number) => sum + number, 0)
const linesOf = (counts: Counts) => Object.entries(counts).map(([table, number]) => `  ${table}: ${count(number)}`)
