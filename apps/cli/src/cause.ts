import { userInfo } from 'node:os'
import { maxActorLength, maxReasonLength } from '@goals-tasks/db/operator-limits'
import type { Command } from 'commander'
import { textUpTo } from './parse-text.ts'

/** The person who runs the command, and the reason. */
export type CauseOptions = { by: string; reason?: string }

const reasonText = 'the reason, for the record'

/** Adds the options that say who runs the command, and why. */
export const withCause = (command: Command, { isReasonRequired }: { isReasonRequired: boolean }): Command =>
  (isReasonRequired
    ? command.requiredOption('--reason <text>', reasonText, textUpTo(maxReasonLength))
    : command.option('--reason <text>', reasonText, textUpTo(maxReasonLength))
  ).option('--by <name>', 'the person, for the record', textUpTo(maxActorLength), userInfo().username)

/** Returns the cause of an operator's action. */
export const causeOf = ({ by, reason }: CauseOptions) => ({ actor: by, reason: reason ?? null })
