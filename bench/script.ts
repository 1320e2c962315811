import type { Statement } from './statements.ts'

/**
 * Statements that run in their order, repeatedly. `:name` in a text is a parameter: one of `variables`, `:row` (a
 * random number from `rows`), or a column that an earlier statement returned.
 */
export type Script = {
  texts: readonly string[]
  variables: Readonly<Record<string, string>>
  rows: readonly [number, number]
}

/**
 * Returns the recorded statements as a script: the same text with the same values as parameters. Nulls become a part of
 * the text, because pgbench cannot send them. The `varied` values too, because they must differ from run to run.
 * @param varied SQL by the recorded value that it replaces
 */
export function toScript(
  statements: readonly Statement[],
  { varied, rows }: { varied: ReadonlyMap<unknown, string>; rows: readonly [number, number] },
): Script {
  const variables: Record<string, string> = {}
  const texts = statements.map(({ text, values }, place) =>
    splitColons(text.replaceAll(/\s+/g, ' ')).replaceAll(/\$(\d+)/g, (_, number) => {
      const value = values[Number(number) - 1]
      if (value === null || value === undefined) return 'null'
      const replacement = varied.get(value)
      if (replacement !== undefined) return replacement
      const name = `s${place}p${number}`
      variables[name] = Array.isArray(value) ? `{${value.join(',')}}` : String(value)
      return substituted(`:${name}`, variables[name], varied)
    }),
  )
  return { texts, variables, rows }
}

/** Splits literals such as 'goal:completed'. pgbench replaces `:completed` even there. */
const splitColons = (text: string): string =>
  text.replaceAll(/'[^']*'/g, (literal) =>
    /:[a-z]/i.test(literal) ? `(${literal.replaceAll(/:(?=[a-z])/gi, ":' || '")})` : literal,
  )

/** Returns `parameter`. When its value contains a varied value, returns an expression that replaces the varied part. */
function substituted(parameter: string, value: string, varied: ReadonlyMap<unknown, string>): string {
  const within = [...varied].filter(
    (entry): entry is [string, string] => typeof entry[0] === 'string' && value.includes(entry[0]),
  )
  const expression = within.reduce((text, [old, sql]) => `replace(${text}, '${old}', (${sql})::text)`, parameter)
  return expression === parameter ? parameter : `(${expression})`
}

/** Returns the id of the seeded goal with this number. */
export const goalId = (row: number) => `00000000-0000-4000-8000-${digits(row)}`
/** Returns the id of the seeded task with this number. */
export const taskId = (row: number) => `00000000-0000-4001-8000-${digits(row)}`
const digits = (row: number) => String(row).padStart(12, '0')

/** Returns the same ids as SQL over a number. pgbench has only numbers. */
export const goalIdSql = (row: string) => `('00000000-0000-4000-8000-' || lpad((${row})::text, 12, '0'))::uuid`
export const taskIdSql = (row: string) => `('00000000-0000-4001-8000-' || lpad((${row})::text, 12, '0'))::uuid`
