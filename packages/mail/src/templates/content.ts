import { escapeHtml } from '@goals-tasks/http/html'

/** The text of a mail in both forms. */
export type Content = { subject: string; text: string; html: string }

/** A piece of HTML. Only `html` makes it, so every text in it is escaped. */
export type Html = { readonly markup: string }

/** Escapes each text of the template. Pieces of HTML stay as they are. */
export const html = (parts: TemplateStringsArray, ...values: readonly (string | Html)[]): Html => ({
  markup: String.raw(
    { raw: parts },
    ...values.map((value) => (typeof value === 'string' ? escapeHtml(value) : value.markup)),
  ),
})

/** Returns a title on one line with at most `max` characters, for a subject. */
export function oneLine(text: string, max: number): string {
  const line = text.replaceAll(/\s+/gu, ' ').trim()
  const characters = [...line]
  return characters.length <= max
    ? line
    : `${characters
        .slice(0, max - 1)
        .join('')
        .trimEnd()}…`
}
