import type { DeadLetterFilter } from '@goals-tasks/db'
import { type Command, InvalidArgumentError } from 'commander'
import { textUpTo } from '../parse-text.ts'
import { requireConsumer } from '../require-consumer.ts'

/** The options that choose dead letters. */
export type FilterOptions = Pick<DeadLetterFilter, 'consumer' | 'error' | 'diedFrom' | 'diedBefore'>

const maxErrorLength = 500

/** Adds the options that choose dead letters. */
export const withFilter = (command: Command): Command =>
  command
    .option('--consumer <name>', 'only those of this consumer')
    .option('--error <text>', 'only those whose error contains this text', textUpTo(maxErrorLength))
    .option('--died-from <instant>', 'only those that died then or later, such as 2026-11-26T08:00:00Z', parseInstant)
    .option('--died-before <instant>', 'only those that died before then', parseInstant)

/**
 * Returns the filter of the options and of the ids. Prints the usage and ends the program when the consumer is unknown,
 * or when ids stand beside other conditions, which could contradict them.
 */
export async function readFilter(
  command: Command,
  { consumer, error, diedFrom, diedBefore }: FilterOptions,
  ids: readonly string[] = [],
): Promise<DeadLetterFilter> {
  if (consumer !== undefined) await requireConsumer(command, consumer)
  const filter = Object.fromEntries(
    Object.entries({ consumer, error, diedFrom, diedBefore }).filter(([, value]) => value !== undefined),
  )
  if (ids.length > 0 && Object.keys(filter).length > 0)
    command.error('error: name dead letters by their ids or by options, not by both.')
  return ids.length > 0 ? { ids } : filter
}

function parseInstant(text: string): string {
  const instant = new Date(text)
  if (/^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/i.test(text) && !Number.isNaN(instant.getTime()))
    return instant.toISOString()
  throw new InvalidArgumentError('Expected an instant with its offset, such as 2026-11-26T08:00:00Z.')
}
