/** Exit codes of every command. The help of a command says what they mean for it. */
export const exitCodes = {
  success: 0,
  /** The command failed, or its answer is negative: a fault, an unknown id. */
  failure: 1,
  /** The command line or the configuration is wrong, or a server does not answer. */
  unusable: 2,
} as const

/** Returns the help text that explains the exit codes of a command. */
export const exitCodeHelp = (success: string, failure: string, unusable = wrongUse): string =>
  `\nExit code:\n  0  ${success}\n  1  ${failure}\n  2  ${unusable}`

const wrongUse = 'the command line or the configuration is wrong'

/** The meaning of `unusable` for commands that read an installation. */
export const noResult = `no result: Postgres does not answer, or ${wrongUse}`
