import { readVersion } from '@goals-tasks/config/version'
import { Command, type CommanderError } from 'commander'
import { actionsCommand } from './actions/command.ts'
import { pauseCommand, resumeCommand } from './consumers/command.ts'
import { deadLettersCommand } from './dead-letters/command.ts'
import { demoCommand } from './demo/command.ts'
import { doctorCommand } from './doctor/command.ts'
import { exitCodeHelp, exitCodes } from './exit-codes.ts'
import { healthCommand } from './health/command.ts'
import { integrityCommand } from './integrity/command.ts'
import { migrateCommand } from './migrate/command.ts'
import { restoredCommand } from './restored/command.ts'
import { statusCommand } from './status/command.ts'
import { tokenCommand } from './token/command.ts'
import { traceCommand } from './trace/command.ts'
import { userCommand } from './user/command.ts'
import { webhooksCommand } from './webhooks/command.ts'

const commands = [
  statusCommand,
  traceCommand,
  deadLettersCommand,
  pauseCommand,
  resumeCommand,
  actionsCommand,
  userCommand,
  webhooksCommand,
  integrityCommand,
  doctorCommand,
  restoredCommand,
  tokenCommand,
  demoCommand,
  migrateCommand,
  healthCommand,
]

/** Creates the program with all commands. A wrong command line prints the usage and exits with `unusable`. */
export function createProgram(): Command {
  const program = new Command('goals-tasks')
    .description('Operates a goals-tasks installation.')
    .version(readVersion())
    .addHelpText('after', exitCodeHelp('success', 'failure, or a negative answer: see the help of the command'))
  for (const command of commands) program.addCommand(command)
  return withUsageErrors(program)
}

function withUsageErrors(command: Command): Command {
  for (const part of command.commands) withUsageErrors(part)
  return command.showHelpAfterError().exitOverride(exitOnUsage)
}

/** Commander exits with 1 for every error. Help and version exit with 0. */
function exitOnUsage({ exitCode }: CommanderError): never {
  process.exit(exitCode === 0 ? exitCodes.success : exitCodes.unusable)
}
