import type { Statement } from './statements.ts'

/**
 * Statements to run one after the other, again and again. `:name` in a text is a parameter: one of `variables`, `:row` (a random
 * number from `rows`), or a column that an earlier statement returned.
 */
export type Script = {
  texts: readonly string[]
  variables: Readonly<Record<string, string>>
  rows: readonly [number, number]
}

/**
 * The statements as they were recorded: the same text with the same values as parameters, except that pgbench cannot send a
 * null as one, so it stands in the text; and so do the `varied` values, which must differ from run to run.
 * @param varied SQL by the recorded value that it stands in for
 */
export function toScript(
  statements: readonly Statement[],
  { varied, rows }: { varied: ReadonlyMap<unknown, string>; rows: readonly [number, number] },
): Script {
  const variables: Record<string, string> = {}
  const texts = statements.map(({ text, values }, place) =>
    text.replaceAll(/\s+/g, ' ').replaceAll(/\$(\d+)/g, (_, number) => {
      const value = values[Number(number) - 1]
      if (value === null || value === undefined) return 'null'
      const instead = varied.get(value)
      if (instead !== undefined) return instead
      const name = `s${place}p${number}`
      variables[name] = Array.isArray(value) ? `{${value.join(',')}}` : String(value)
      return substituted(`:${name}`, variables[name], varied)
    }),
  )
  return { texts, variables, rows }
}

/** `parameter`, or, where `value` holds something varied within, an expression that puts the new value in its place. */
function substituted(parameter: string, value: string, varied: ReadonlyMap<unknown, string>): string {
  const within = [...varied].filter(
    (entry): entry is [string, string] => typeof entry[0] === 'string' && value.includes(entry[0]),
  )
  const expression = within.reduce((text, [old, sql]) => `replace(${text}, '${old}', (${sql})::text)`, parameter)
  return expression === parameter ? parameter : `(${expression})`
}

/** The id of the seeded goal with this number, here and in SQL; pgbench has numbers only. */
export const goalId = (row: number) => `00000000-0000-4000-8000-${String(row).padStart(12, '0')}`
export const goalIdSql = (row: string) => `('00000000-0000-4000-8000-' || lpad(${row}::text, 12, '0'))::uuid`
