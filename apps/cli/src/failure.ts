import { ConfigError } from '@goals-tasks/config'
import { exitCodes } from './exit-codes.ts'
import { messageOf } from './message-of.ts'

/** Prints the error on standard error and sets the exit code: `unusable` for a wrong configuration, else `failure`. */
export function reportFailure(error: unknown): void {
  console.error(messageOf(error))
  process.exitCode = error instanceof ConfigError ? exitCodes.unusable : exitCodes.failure
}
