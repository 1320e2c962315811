import { Command } from 'commander'

export const statusCommand = new Command('status')
  .description(
    'Shows the state of every consumer: jobs in its queue, workers, pending deliveries and the age of the oldest, dead letters, the newest event that it failed at.',
  )
  .option('--json', 'print one JSON document')
  .addHelpText('after', '\nExit code: 0 nothing needs a human, 1 something does, 2 cannot tell.')
  .action(async ({ json = false }: { json?: boolean }) => {
    const { answerStatus } = await import('./answer.ts')
    const { runOnInstallation } = await import('../installation/run.ts')
    await runOnInstallation(json, answerStatus)
  })
