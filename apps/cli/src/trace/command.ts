import { Command, InvalidArgumentError } from 'commander'
import { parseUuid } from '../parse-uuid.ts'

const maxLimit = 200

export const traceCommand = new Command('trace')
  .description(
    'Follows an event to every consumer: done, pending, in which job, given up, and why. Follows the newest events of a goal or a task. Prints nothing of its content.',
  )
  .argument('<id>', 'id of a goal, a task or an event', parseUuid)
  .option('--limit <number>', `newest events to follow, 1 to ${maxLimit}`, parseLimit, 20)
  .option('--json', 'print one JSON document')
  .addHelpText('after', '\nExit code: 0 found, 1 there is no such id, 2 cannot tell.')
  .action(async (id: string, { limit, json = false }: { limit: number; json?: boolean }) => {
    const { answerTrace } = await import('./answer.ts')
    const { runOnInstallation } = await import('../installation/run.ts')
    await runOnInstallation(json, (installation) => answerTrace(installation, id, limit))
  })

function parseLimit(text: string): number {
  const limit = Number(text)
  if (Number.isInteger(limit) && limit >= 1 && limit <= maxLimit) return limit
  throw new InvalidArgumentError(`It is 1 to ${maxLimit}.`)
}
