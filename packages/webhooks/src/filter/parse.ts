import { type Comparator, comparators, type Expression, type FilterValue, type Operand } from './expression.ts'
import { FilterError } from './filter-error.ts'
import { type Token, tokenize } from './tokens.ts'

/** In code units. It bounds the number of tokens, and so the work of an evaluation. */
export const maxFilterLength = 500
/** Parentheses and `not` inside each other. */
const maxDepth = 20

const keywords: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null }

/**
 * Parses a filter, whose fields must be among `fields`. docs/webhooks.md describes the language.
 * @throws FilterError with the place of the first mistake
 */
export function parseFilter(source: string, fields: ReadonlySet<string>): Expression {
  if (source.length > maxFilterLength)
    throw new FilterError(maxFilterLength + 1, `a filter has at most ${maxFilterLength} characters`)
  return createParser(tokenize(source), fields).parse()
}

function createParser(tokens: readonly Token[], fields: ReadonlySet<string>) {
  let place = 0
  let depth = 0

  const peek = (ahead = 0): Token => tokens[Math.min(place + ahead, tokens.length - 1)] as Token
  const is = (text: string, ahead = 0): boolean => peek(ahead).kind !== 'value' && peek(ahead).text === text
  const fail = (expected: string, at = peek()): never => {
    throw new FilterError(at.position, `expected ${expected}, found ${at.text}`)
  }
  const take = (text: string): boolean => {
    const found = is(text)
    if (found) place++
    return found
  }
  const next = (): Token => {
    const token = peek()
    place++
    return token
  }
  const expect = (text: string): void => {
    if (!take(text)) fail(JSON.stringify(text))
  }

  function parseOr(): Expression {
    let left = parseAnd()
    while (take('or')) left = { kind: 'or', left, right: parseAnd() }
    return left
  }
  function parseAnd(): Expression {
    let left = parseNot()
    while (take('and')) left = { kind: 'and', left, right: parseNot() }
    return left
  }
  function parseNot(): Expression {
    if (take('not')) return { kind: 'not', inner: nested(parseNot) }
    if (!take('(')) return is('changed') && is('(', 1) ? parseChanged() : parseComparison()
    const inner = nested(parseOr)
    expect(')')
    return inner
  }
  function nested(parse: () => Expression): Expression {
    if (++depth > maxDepth) throw new FilterError(peek().position, `a filter has at most ${maxDepth} levels`)
    const inner = parse()
    depth--
    return inner
  }
  function parseChanged(): Expression {
    place += 2
    const path = [parseField(), ...parseKeys()]
    expect(')')
    return { kind: 'changed', path }
  }
  function parseComparison(): Expression {
    const left = parseOperand()
    const comparator = parseComparator()
    return comparator === undefined
      ? { kind: 'is-true', operand: left }
      : { kind: 'compare', comparator, left, right: parseOperand() }
  }
  function parseComparator(): Comparator | undefined {
    if (is('not') && is('in', 1)) {
      place += 2
      return 'not in'
    }
    const comparator = comparators.find((each) => is(each))
    if (comparator) place++
    return comparator
  }
  function parseOperand(): Operand {
    if (!is('before') && !is('after')) return { kind: 'value', value: parseValue() }
    const side = next().text
    if (!take('.')) return { kind: 'path', path: [side] }
    return { kind: 'path', path: [side, parseField(), ...parseKeys()] }
  }
  function parseField(): string {
    const token = next()
    if (token.kind !== 'word' || !fields.has(token.text)) fail('a field of a goal, a task or a notification', token)
    return token.text
  }
  /** Parses what follows a field: keys, which only `metadata` has. */
  function parseKeys(): string[] {
    const keys: string[] = []
    const ofMetadata = tokens[place - 1]?.text === 'metadata'
    while (is('.') || is('[')) {
      if (!ofMetadata) fail('a comparison: only metadata has keys')
      keys.push(parseKey())
    }
    return keys
  }
  function parseKey(): string {
    if (take('.')) return peek().kind === 'word' ? next().text : fail('a key')
    expect('[')
    const token = next()
    if (token.kind !== 'value' || typeof token.value !== 'string') return fail('a key in quotes', token)
    expect(']')
    return token.value
  }
  function parseValue(): FilterValue {
    if (take('[')) return parseList()
    const token = next()
    if (token.kind === 'value') return token.value
    if (token.kind === 'word' && Object.hasOwn(keywords, token.text)) return keywords[token.text] ?? null
    return fail('before, after, changed(…), a text in double quotes, a number, true, false, null or a list', token)
  }
  /** Parses the values of a list. A list contains no list. */
  function parseList(): FilterValue[] {
    const values: FilterValue[] = []
    if (take(']')) return values
    do {
      if (is('[')) fail('a value: a list contains no list')
      values.push(parseValue())
    } while (take(','))
    expect(']')
    return values
  }

  return {
    parse(): Expression {
      const expression = parseOr()
      if (peek().kind !== 'end') fail('and, or, or the end')
      return expression
    },
  }
}
