import pg from 'pg'
import type { Statement } from '../statements.ts'

/** Work whose statements were recorded. `undo` is a statement that makes them possible once more. */
export type Recorded = {
  title: string
  statements: readonly Statement[]
  undo?: { text: string; values: unknown[] }
}

/**
 * Returns, as Markdown, the plan of each recorded statement, with the time of each node. Rolls the statements back.
 * Commits `undo`, if there is one, before each of them.
 */
export async function explain(pool: pg.Pool, { title, statements, undo }: Recorded): Promise<string[]> {
  const parts = [`## ${title}`]
  for (const statement of statements) parts.push(await explainStatement(pool, statement, undo))
  return parts
}

/**
 * Executes a statement twice and explains the second time: the first one fills the caches of its connection. The plan
 * is the generic one, as in a connection that has executed the statement before.
 */
async function explainStatement(
  pool: pg.Pool,
  { name, text, values }: Statement,
  undo: Recorded['undo'],
): Promise<string> {
  const client = await pool.connect()
  const execute = `execute explained(${values.map(toLiteral).join(', ')})`
  try {
    // Committed: a row that the same transaction has written costs one more check of its foreign key.
    if (undo) await client.query(undo)
    await client.query(`prepare explained as ${text}`)
    await client.query('begin')
    await client.query('set local plan_cache_mode = force_generic_plan')
    await client.query('savepoint undone')
    await client.query(execute)
    await client.query('rollback to savepoint undone')
    const { rows } = await client.query(`explain (analyze, buffers, wal) ${execute}`)
    const lines: string[] = rows.map((row) => row['QUERY PLAN'])
    const nodes = lines.filter((line, place) => place === 0 || line.includes('->')).length
    return `### ${name}\n\n${nodes} nodes.\n\n\`\`\`\n${lines.join('\n')}\n\`\`\``
  } finally {
    await client.query('rollback')
    await client.query('deallocate explained')
    client.release()
  }
}

/** Returns a value as SQL: EXECUTE takes no parameters. */
function toLiteral(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (!Array.isArray(value)) return pg.escapeLiteral(String(value))
  const items = value.map((item) => (item === null ? 'null' : JSON.stringify(String(item))))
  return pg.escapeLiteral(`{${items.join(',')}}`)
}
