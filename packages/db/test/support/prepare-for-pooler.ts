import { createDatabase } from '../../src/engine/client.ts'
import { findMissingSettings } from '../../src/engine/pooler.ts'

/**
 * Gives the role of `url` the settings that a pooler drops, in this database. Sessions that are open do not get them.
 * @returns the URL with the parameter that says that a pooler stands in between
 */
export async function prepareForPooler(url: string): Promise<string> {
  const pooled = new URL(url)
  pooled.searchParams.set('pooler', 'transaction')
  const { pool, close } = createDatabase({ url: pooled.href, poolSize: 1, name: 'test', onError: () => undefined })
  try {
    for (const statement of await findMissingSettings(pool)) await pool.query(statement)
  } finally {
    await close()
  }
  return pooled.href
}
