import { Command } from 'commander'
import { type CauseOptions, withCause } from '../cause.ts'
import { exitCodeHelp, noResult } from '../exit-codes.ts'
import type { runOnInstallation } from '../installation/run.ts'
import { integerBetween } from '../parse-integer.ts'
import { parseUuid } from '../parse-uuid.ts'
import { type FilterOptions, readFilter, withFilter } from './options.ts'
import { parseIds } from './parse-ids.ts'

type Json = { json?: boolean }
type ListOptions = FilterOptions & Json & { limit: number; after?: string }
type ReplayOptions = FilterOptions & CauseOptions & Json & { dryRun?: boolean; rate: number; limit?: number }
type DiscardOptions = FilterOptions & CauseOptions & Json & { yes?: boolean; limit?: number }

const maxListed = 1_000
const maxRate = 1_000
const maxChanged = 1_000_000
const json = ['--json', 'print one JSON document'] as const

const list = withFilter(new Command('list'))
  .description('Lists dead letters, the newest first.')
  .option('--limit <number>', `at most so many, 1 to ${maxListed}`, integerBetween(1, maxListed), 20)
  .option('--after <id>', 'continue after this dead letter', parseUuid)
  .option(...json)
  .addHelpText('after', exitCodeHelp('the list is printed', 'not used', noResult))
  .action(async (options: ListOptions, command: Command) => {
    const filter = await readFilter(command, options)
    const { runList } = await import('./look.ts')
    await onInstallation(options, (open) => runList(open, filter, { limit: options.limit, after: options.after }))
  })

const group = withFilter(new Command('group'))
  .description('Groups the newest ten thousand dead letters by consumer and error, the largest group first.')
  .option(...json)
  .addHelpText('after', exitCodeHelp('the groups are printed', 'not used', noResult))
  .action(async (options: FilterOptions & Json, command: Command) => {
    const filter = await readFilter(command, options)
    const { runGroup } = await import('./look.ts')
    await onInstallation(options, (open) => runGroup(open, filter))
  })

const show = new Command('show')
  .description('Shows one dead letter with its whole error. The JSON document also has its event.')
  .argument('<id>', 'id of the dead letter', parseUuid)
  .option(...json)
  .addHelpText('after', exitCodeHelp('the dead letter is printed', 'the id is unknown', noResult))
  .action(async (id: string, options: Json) => {
    const { runShow } = await import('./look.ts')
    await onInstallation(options, (open) => runShow(open, id))
  })

const replay = withCause(withFilter(new Command('replay')), { isReasonRequired: false })
  .description(
    'Makes dead letters deliveries again, the oldest first. Name them by their ids, or by a consumer and further ' +
      'options. Ctrl-C stops between two batches; the rest stays dead letters.',
  )
  .argument('[ids...]', 'ids of dead letters', parseIds)
  .option('--dry-run', 'only count them')
  .option('--rate <number>', `at most so many per second, 1 to ${maxRate}`, integerBetween(1, maxRate), 50)
  .option('--limit <number>', 'at most so many', integerBetween(1, maxChanged))
  .option(...json)
  .addHelpText('after', exitCodeHelp('they are replayed', 'stopped, or an id is unknown', noResult))
  .action(async (ids: string[], options: ReplayOptions, command: Command) => {
    requireChoice(command, ids, options)
    const filter = await readFilter(command, options, ids)
    const { runReplay } = await import('./change.ts')
    await onInstallation(options, (open) => runReplay(open, filter, options), 'service')
  })

const discard = withCause(withFilter(new Command('discard')), { isReasonRequired: false })
  .description(
    'Deletes dead letters for good: their consumer never handles these events. Name them by their ids, or by a ' +
      'consumer and further options. Ctrl-C stops between two batches.',
  )
  .argument('[ids...]', 'ids of dead letters', parseIds)
  .option('--yes', 'really delete them; without it they are only counted')
  .option('--limit <number>', 'at most so many', integerBetween(1, maxChanged))
  .option(...json)
  .addHelpText('after', exitCodeHelp('they are deleted', 'stopped, an id is unknown, or --yes is missing', noResult))
  .action(async (ids: string[], options: DiscardOptions, command: Command) => {
    requireChoice(command, ids, options)
    const filter = await readFilter(command, options, ids)
    const { runDiscard } = await import('./change.ts')
    await onInstallation(options, (open) => runDiscard(open, filter, options), 'service')
  })

/** A change of all dead letters of all consumers would be a mistake more often than a wish. */
function requireChoice(command: Command, ids: readonly string[] = [], { consumer }: FilterOptions): void {
  if (ids.length === 0 && consumer === undefined) command.error('error: name ids or a --consumer.')
}

async function onInstallation({ json = false }: Json, ...rest: Rest): Promise<void> {
  const installation = await import('../installation/run.ts')
  await installation.runOnInstallation(json, ...rest)
}
type Rest = Parameters<typeof runOnInstallation> extends [boolean, ...infer R] ? R : never

export const deadLettersCommand = new Command('dead-letters')
  .description('Lists, groups, shows, replays and discards events that a consumer no longer retries.')
  .addHelpText('after', exitCodeHelp('success', 'failure, or a negative answer: see the help of the command', noResult))
for (const command of [list, group, show, replay, discard]) deadLettersCommand.addCommand(command)
