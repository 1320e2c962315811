import { FilterError } from './filter-error.ts'

/** A word, a symbol, or a value. `position` is the place of its first character, counted from 1. */
export type Token = { position: number } & (
  | { kind: 'word' | 'symbol' | 'end'; text: string }
  | { kind: 'value'; text: string; value: string | number }
)

const patterns = {
  space: /\s+/y,
  word: /[A-Za-z_][A-Za-z0-9_-]*/y,
  number: /-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y,
  text: /"(?:[^"\\]|\\.)*"/y,
  symbol: /==|!=|<=|>=|[<>()[\],.]/y,
}

/** Splits a filter into tokens. The last one has the kind `end`. @throws FilterError at a character that begins none */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = []
  let place = 0
  const read = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = place
    const [text] = pattern.exec(source) ?? []
    place += text?.length ?? 0
    return text
  }
  for (;;) {
    read(patterns.space)
    const token = readToken(read, place + 1)
    if (!token && place < source.length) throw new FilterError(place + 1, unexpected(source[place]))
    if (!token) return [...tokens, { kind: 'end', text: 'the end', position: place + 1 }]
    tokens.push(token)
  }
}

type Read = (pattern: RegExp) => string | undefined

function readToken(read: Read, position: number): Token | undefined {
  const word = read(patterns.word)
  if (word) return { kind: 'word', text: word, position }
  const number = read(patterns.number)
  if (number) return { kind: 'value', text: number, value: finite(number, position), position }
  const text = read(patterns.text)
  if (text) return { kind: 'value', text, value: unquote(text, position), position }
  const symbol = read(patterns.symbol)
  return symbol ? { kind: 'symbol', text: symbol, position } : undefined
}

function finite(text: string, position: number): number {
  const value = Number(text)
  if (!Number.isFinite(value)) throw new FilterError(position, 'the number is too large')
  return value
}

function unquote(text: string, position: number): string {
  try {
    return JSON.parse(text)
  } catch {
    throw new FilterError(position, 'the text has an escape that JSON does not know')
  }
}

const unexpected = (character = '') =>
  character === '"' ? 'the text has no closing quote' : `unexpected ${JSON.stringify(character)}`
