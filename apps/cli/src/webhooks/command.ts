import { Command } from 'commander'
import { type CauseOptions, withCause } from '../cause.ts'
import { exitCodeHelp, noResult } from '../exit-codes.ts'
import { parseUuid } from '../parse-uuid.ts'

type RotateOptions = CauseOptions & { dryRun?: boolean; json?: boolean }

const rotateKeyCommand = withCause(new Command('rotate-key'), { isReasonRequired: false })
  .description(
    'Encrypts the secrets of all webhooks with the first key of SECRETS_KEY. Before it, put the new key first and ' +
      'restart the processes. After it, the old key may go.',
  )
  .option('--dry-run', 'only count the secrets')
  .option('--json', 'print one JSON document')
  .addHelpText(
    'after',
    exitCodeHelp('every secret is encrypted with the first key', 'no key opens some of the secrets', noResult),
  )
  .action(async ({ json = false, ...options }: RotateOptions) => {
    const { runRotateKey } = await import('./rotate-key.ts')
    const { runOnInstallation } = await import('../installation/run.ts')
    await runOnInstallation(json, (open) => runRotateKey(open, options), 'service')
  })

const showCommand = new Command('show')
  .description(
    'Shows the health, the pause, the pending events and the newest changes of a webhook. It shows no address.',
  )
  .argument('<id>', 'the id of the webhook', parseUuid)
  .option('--json', 'print one JSON document')
  .addHelpText('after', exitCodeHelp('the webhook is shown', 'the id is unknown', noResult))
  .action(async (id: string, { json = false }: { json?: boolean }) => {
    const { runShowWebhook } = await import('./show.ts')
    const { runOnInstallation } = await import('../installation/run.ts')
    await runOnInstallation(json, (open) => runShowWebhook(open, { id }))
  })

export const webhooksCommand = new Command('webhooks')
  .description('Shows webhooks, and encrypts their secrets again.')
  .addHelpText('after', exitCodeHelp('success', 'failure, or a negative answer: see the help of the command', noResult))
  .addCommand(showCommand)
  .addCommand(rotateKeyCommand)
