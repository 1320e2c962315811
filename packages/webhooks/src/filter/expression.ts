/** The tree of a filter. A path begins with `before` or `after`, and goes on with a field and keys of `metadata`. */
export type Expression =
  | { kind: 'and' | 'or'; left: Expression; right: Expression }
  | { kind: 'not'; inner: Expression }
  | { kind: 'compare'; comparator: Comparator; left: Operand; right: Operand }
  | { kind: 'changed'; path: readonly string[] }
  | { kind: 'is-true'; operand: Operand }

export type Operand = { kind: 'value'; value: FilterValue } | { kind: 'path'; path: readonly string[] }
export type FilterValue = string | number | boolean | null | FilterValue[]

export const comparators = ['==', '!=', '<', '<=', '>', '>=', 'in', 'not in'] as const
export type Comparator = (typeof comparators)[number]
