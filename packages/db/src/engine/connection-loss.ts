const codes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
])
/** Messages of the driver's errors that have no code. */
const messages = [
  'Connection terminated',
  'Connection is closed',
  'timeout exceeded when trying to connect',
  'Client has encountered a connection error',
  'Client was closed',
  'Query read timeout',
]

/**
 * Returns whether an error means that the server cannot be reached or no longer answers. The query may or may not have
 * been executed. An error that the server sent itself (`57P01` and the like) has a `sqlState` instead.
 */
export function isConnectionLoss(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const hasCode = 'code' in error && codes.has(String(error.code))
  return hasCode || messages.some((message) => error.message.startsWith(message))
}
