import type pg from 'pg'

/**
 * Returns a digest of each table: its number of rows, and a sum over the transactions that wrote them. Two digests are
 * equal exactly when nothing was written in between, not even the same values again. It is cheap enough for frequent
 * calls. It leaves out the deliveries to the cache and the beats of the processes, which the API writes in the
 * background.
 */
export async function digestTables(pool: pg.Pool): Promise<Record<string, string>> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `select relname as name from pg_class
     where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
       and relname <> 'processes'`,
  )
  const digests = tables.map(
    ({ name }) =>
      `select '${name}' as name, count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) as digest from "${name}"
       ${name === 'deliveries' ? "where consumer <> 'cache-invalidation'" : ''}`,
  )
  const { rows } = await pool.query<{ name: string; digest: string }>(digests.join(' union all '))
  return Object.fromEntries(rows.map((row) => [row.name, row.digest]))
}
