import { Command } from 'commander'
import { exitCodeHelp, noResult } from '../exit-codes.ts'
import { integerBetween } from '../parse-integer.ts'
import { parseUuid } from '../parse-uuid.ts'

const maxLimit = 200

export const traceCommand = new Command('trace')
  .description(
    'Follows an event to every consumer and shows whether it is done, pending or a dead letter, with its jobs and ' +
      'errors. For a goal or a task it follows the newest events. It shows no titles and no other content.',
  )
  .argument('<id>', 'id of a goal, a task or an event', parseUuid)
  .option('--limit <number>', `newest events to follow, 1 to ${maxLimit}`, integerBetween(1, maxLimit), 20)
  .option('--json', 'print one JSON document')
  .addHelpText('after', exitCodeHelp('the id is found', 'the id is unknown', noResult))
  .action(async (id: string, { limit, json = false }: { limit: number; json?: boolean }) => {
    const { runTrace } = await import('./run.ts')
    const { runOnInstallation } = await import('../installation/run.ts')
    await runOnInstallation(json, (installation) => runTrace(installation, { id, limit }))
  })
