import { type IntegrityCursor, integrityStart } from './check-integrity.ts'

/** The format of a cursor in a URL: `goal:<id>`, `task:<id>` or `delivery:<consumer>:<event id>:<target>`. */
export const integrityCursorPattern =
  '^(?:(goal|task):(?<id>[0-9a-f-]{36})' +
  '|delivery:(?<consumer>[a-z-]{0,50}):(?<eventId>[0-9a-f-]{36}):(?<target>.{0,100}))$'

/** Formats a cursor for a URL. */
export const formatIntegrityCursor = (cursor: IntegrityCursor): string =>
  cursor.part === 'delivery'
    ? `delivery:${cursor.after.consumer}:${cursor.after.eventId}:${cursor.after.target}`
    : `${cursor.part}:${cursor.after}`

/** Parses a text that matches `integrityCursorPattern`. Any other text leads to the beginning. */
export function parseIntegrityCursor(text: string): IntegrityCursor {
  const { id, consumer, eventId, target } = new RegExp(integrityCursorPattern).exec(text)?.groups ?? {}
  if (id !== undefined) return { part: text.startsWith('goal') ? 'goal' : 'task', after: id }
  if (consumer === undefined || eventId === undefined || target === undefined) return integrityStart
  return { part: 'delivery', after: { consumer, eventId, target } }
}
