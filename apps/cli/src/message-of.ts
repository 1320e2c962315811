/** Says what went wrong. Node reports several refused addresses as one error without a message: then its code. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.message || ('code' in error ? String(error.code) : error.name)
}
