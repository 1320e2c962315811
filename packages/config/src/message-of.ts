/**
 * Returns the message of any thrown value. An error without a message, such as the AggregateError of several refused
 * addresses, has its code or its name instead.
 */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.message || ('code' in error ? String(error.code) : error.name)
}
