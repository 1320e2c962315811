import { isDeepStrictEqual } from 'node:util'
import type { Comparator, Expression, Operand } from './expression.ts'

/** The entity before and after an event, as the owner of a webhook sees it. Null where the owner does not see it. */
export type Change = { before: object | null; after: object | null }

/** Returns whether the expression is true of the change. Never throws: a missing member is null. */
export function evaluate(expression: Expression, change: Change): boolean {
  switch (expression.kind) {
    case 'and':
      return evaluate(expression.left, change) && evaluate(expression.right, change)
    case 'or':
      return evaluate(expression.left, change) || evaluate(expression.right, change)
    case 'not':
      return !evaluate(expression.inner, change)
    case 'changed':
      return hasChanged(expression.path, change)
    case 'is-true':
      return resultOf(expression.operand, change) === true
    case 'compare':
      return compare(expression.comparator, resultOf(expression.left, change), resultOf(expression.right, change))
  }
}

/** A new entity has changed nothing, as in `changes` of the event. */
const hasChanged = (path: readonly string[], { before, after }: Change): boolean =>
  before !== null && after !== null && !isDeepStrictEqual(memberOf(before, path), memberOf(after, path))

const resultOf = (operand: Operand, change: Change): unknown =>
  operand.kind === 'value' ? operand.value : memberOf(change, operand.path)

function memberOf(value: unknown, path: readonly string[]): unknown {
  let member = value
  for (const key of path) {
    if (typeof member !== 'object' || member === null || !Object.hasOwn(member, key)) return null
    member = (member as Record<string, unknown>)[key]
  }
  return member ?? null
}

function compare(comparator: Comparator, left: unknown, right: unknown): boolean {
  switch (comparator) {
    case '==':
      return isDeepStrictEqual(left, right)
    case '!=':
      return !isDeepStrictEqual(left, right)
    case 'in':
      return isIn(left, right)
    case 'not in':
      return !isIn(left, right)
    default:
      return isOrdered(comparator, left, right)
  }
}

const isIn = (value: unknown, list: unknown): boolean =>
  Array.isArray(list) && list.some((each) => isDeepStrictEqual(each, value))

/** Orders two numbers, or two texts by code units, which sorts days and instants in UTC. Nothing else has an order. */
function isOrdered(comparator: '<' | '<=' | '>' | '>=', left: unknown, right: unknown): boolean {
  const isComparable =
    (typeof left === 'number' && typeof right === 'number') || (typeof left === 'string' && typeof right === 'string')
  if (!isComparable) return false
  if (left === right) return comparator === '<=' || comparator === '>='
  return left < right === (comparator === '<' || comparator === '<=')
}
