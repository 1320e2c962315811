/** Longest texts of goals and tasks in code points, as Postgres counts them. */
export const maxTextLength = { title: 200, description: 20_000, category: 100, tag: 50 }

/** A character with a glyph. Spaces, controls, formatting and filler characters and lone combining marks have none. */
const visible = /[^\p{Z}\p{Cc}\p{Cf}\p{M}\p{DI}\u2800]/u

/** Returns whether a reader sees something of the text. */
export const hasVisibleCharacter = (text: string): boolean => visible.test(text)

/** Returns the text as it is stored and compared: in NFC and without surrounding white space. */
export const normalizeText = (text: string): string => text.normalize('NFC').trim()
