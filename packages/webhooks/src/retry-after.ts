const maxRetryAfterMs = 24 * 60 * 60 * 1_000

/**
 * Returns the wait that a `Retry-After` header names, in seconds or as a date, and at most a day. Returns 0 when there
 * is no header, or none that is valid.
 */
export function parseRetryAfterMs(header: string | null, nowMs: number): number {
  if (header === null) return 0
  const waitMs = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - nowMs
  return Number.isNaN(waitMs) ? 0 : Math.min(Math.max(waitMs, 0), maxRetryAfterMs)
}
