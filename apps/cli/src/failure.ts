import { ConfigError } from '@goals-tasks/config'
import { messageOf } from '@goals-tasks/config/message-of'
import { exitCodes } from './exit-codes.ts'

/** Prints the error on standard error and sets the exit code: `unusable` for a wrong configuration, else `failure`. */
export function reportFailure(error: unknown): void {
  console.error(messageOf(error))
  process.exitCode = error instanceof ConfigError ? exitCodes.unusable : exitCodes.failure
}
