import { Command } from 'commander'
import { demoCommand } from './demo/command.ts'
import { migrateCommand } from './migrate/command.ts'
import { statusCommand } from './status/command.ts'
import { tokenCommand } from './token/command.ts'
import { traceCommand } from './trace/command.ts'

/** Exit code of a command line that is wrong. */
const usageError = 2

const program = new Command('goals-tasks').description('Operates a goals-tasks installation.')
for (const command of [statusCommand, traceCommand, tokenCommand, demoCommand, migrateCommand]) {
  command.showHelpAfterError().exitOverride(({ code, exitCode }) => {
    process.exit(exitCode === 0 || code === 'commander.error' ? exitCode : usageError)
  })
  program.addCommand(command)
}
await program.parseAsync()
