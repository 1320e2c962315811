import { Command } from 'commander'
import { exitCodeHelp } from '../exit-codes.ts'

export const healthCommand = new Command('health')
  .description('Asks the process that serves its probes at PROBE_PORT of this machine whether it runs.')
  .addHelpText('after', exitCodeHelp('the process runs', 'it does not respond, or not within three seconds'))
  .option('--ready', 'asks whether it is ready for work instead', false)
  .action(async (options: { ready: boolean }) => {
    const { runHealth } = await import('./run.ts')
    await runHealth(options)
  })
