/**
 * One piece of text that the rules look at. Markup in `text` is blanked, character by character, so that `lineAt`
 * finds the line of the file by an index in `text`.
 */
export type Passage = {
  kind: Kind
  text: string
  lineAt: (index: number) => number
}

/** A `name` is an identifier, split into words. A `key` is a name that belongs to an object or a type. */
export type Kind = 'comment' | 'string' | 'test name' | 'prose' | 'heading' | 'name' | 'key' | 'file name'

export type Finding = {
  line: number
  /** The words that break the rule. An allowance repeats them. */
  text: string
  advice: string
}

const proseKinds: readonly Kind[] = ['comment', 'string', 'test name', 'prose', 'heading']

export const isProse = ({ kind }: Passage): boolean => proseKinds.includes(kind)

/** Replaces each match by a word of the same length. A sentence can start with that word. */
export const blank = (text: string, pattern: RegExp): string =>
  text.replace(pattern, (match) => match.replace(/\S/g, 'x').replace(/^x/, 'X'))

/** Blanks inline code and addresses, which are not prose. */
export const blankCode = (text: string): string => blank(text, /`[^`]+`|https?:\/\/[^\s)>'"]+/g)
