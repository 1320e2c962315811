import { messageOf } from '@goals-tasks/config/message-of'

/**
 * The members that a log line shows of an error, besides type, message, stack, cause and errors. Errors of libraries
 * carry much more: the client of a lost connection with its cancel key, the values of a row, the arguments of a Redis
 * command, the claims of a token, the bytes of a request.
 */
const loggedMembers = [
  'code',
  'statusCode',
  'syscall',
  'address',
  'port',
  'severity',
  'schema',
  'table',
  'column',
  'dataType',
  'constraint',
  'routine',
] as const

/** Longest chain of causes, and most errors of an `AggregateError`, in a log line. */
const maxDepth = 5
const maxErrors = 5

type LoggedError = { type: string; message: string; [member: string]: unknown }

/** Returns what a log line shows of an error. Only texts and numbers of `loggedMembers` are taken over. */
export function serializeError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: messageOf(error) }
  const inner = (value: unknown) => serializeError(value, depth + 1)
  const goesDeeper = depth < maxDepth
  return {
    type: error.constructor.name,
    message: messageOf(error),
    ...membersOf(error),
    stack: error.stack,
    ...(goesDeeper && error.cause !== undefined && { cause: inner(error.cause) }),
    ...(goesDeeper && error instanceof AggregateError && { errors: error.errors.slice(0, maxErrors).map(inner) }),
  }
}

const membersOf = (error: Error) =>
  Object.fromEntries(
    loggedMembers.flatMap((name) => {
      const value: unknown = Reflect.get(error, name)
      return typeof value === 'string' || typeof value === 'number' ? [[name, value]] : []
    }),
  )
