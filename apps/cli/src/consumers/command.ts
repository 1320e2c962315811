import { Command } from 'commander'
import { withCause } from '../cause.ts'
import { exitCodeHelp, noResult } from '../exit-codes.ts'
import { requirePausable } from '../require-consumer.ts'

export const pauseCommand = changeCommand('pause', {
  isPaused: true,
  description:
    'Stops a consumer in all its workers: they finish their running jobs and take no more, also after a restart. ' +
    'Its events wait in Postgres until it is resumed. A webhook of a user is paused by itself, as sync/<id>.',
})

export const resumeCommand = changeCommand('resume', {
  isPaused: false,
  description: 'Ends the pause of a consumer. Its workers take jobs again within seconds.',
})

function changeCommand(name: string, { isPaused, description }: { isPaused: boolean; description: string }): Command {
  return withCause(new Command(name), { isReasonRequired: true })
    .description(description)
    .argument('<consumer>', 'the consumer, or a webhook as sync/<id>')
    .option('--json', 'print one JSON document')
    .addHelpText('after', exitCodeHelp('the consumer or webhook is in that state', 'the webhook is unknown', noResult))
    .action(async (name: string, options: { reason: string; by: string; json?: boolean }, command: Command) => {
      const consumer = await requirePausable(command, name)
      const { runPause } = await import('./run.ts')
      const { runOnInstallation } = await import('../installation/run.ts')
      const { reason, by: actor, json = false } = options
      await runOnInstallation(json, (open) => runPause(open, { consumer, isPaused, actor, reason }), 'service')
    })
}
