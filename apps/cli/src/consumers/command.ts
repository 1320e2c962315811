import { Command } from 'commander'
import { withCause } from '../cause.ts'
import { exitCodeHelp, noResult } from '../exit-codes.ts'
import { requireConsumer } from '../require-consumer.ts'

export const pauseCommand = changeCommand('pause', {
  isPaused: true,
  description:
    'Stops a consumer in all its workers: they finish their running jobs and take no more, also after a restart. ' +
    'Its events wait in Postgres until it is resumed.',
})

export const resumeCommand = changeCommand('resume', {
  isPaused: false,
  description: 'Ends the pause of a consumer. Its workers take jobs again within seconds.',
})

function changeCommand(name: string, { isPaused, description }: { isPaused: boolean; description: string }): Command {
  return withCause(new Command(name), { isReasonRequired: true })
    .description(description)
    .argument('<consumer>', 'the consumer')
    .option('--json', 'print one JSON document')
    .addHelpText('after', exitCodeHelp('the consumer is in that state', 'not used', noResult))
    .action(async (name: string, options: { reason: string; by: string; json?: boolean }, command: Command) => {
      const consumer = await requireConsumer(command, name)
      const { runPause } = await import('./run.ts')
      const { runOnInstallation } = await import('../installation/run.ts')
      const { reason, by: actor, json = false } = options
      await runOnInstallation(json, (open) => runPause(open, { consumer, isPaused, actor, reason }), 'service')
    })
}
