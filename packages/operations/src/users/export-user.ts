import { type Executor, exportedTables, readPages } from '@goals-tasks/db'

/** A line of an export. `data` is JSON text. */
export type ExportLine = { type: string; data: string }

/**
 * Yields everything that is stored about the user, in pages of at most 2,000 rows. Each page is a statement of its own,
 * so the export is no snapshot, and delays no writer. Secrets and hashes are left out.
 */
export async function* exportUser(db: Executor, user: string): AsyncGenerator<ExportLine[]> {
  for (const table of exportedTables(user))
    for await (const texts of readPages(db, table)) yield texts.map((data) => ({ type: table.name, data }))
}
