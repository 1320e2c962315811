import { Command } from 'commander'
import { exitCodeHelp } from '../exit-codes.ts'

export const doctorCommand = new Command('doctor')
  .description(
    'Examines the set-up: Postgres, Redis, the cache, the running processes, their clocks and connections, and the ' +
      'addresses of AUTH_JWKS_URL and SYNC_URL. Each finding names its fix. It changes nothing.',
  )
  .option('--json', 'print one JSON document')
  .addHelpText('after', exitCodeHelp('no problem, perhaps warnings', 'a problem'))
  .action(async ({ json = false }: { json?: boolean }) => {
    const { runDoctorCommand } = await import('./run.ts')
    await runDoctorCommand(json)
  })
