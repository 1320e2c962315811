import { once } from 'node:events'
import { recordAction } from '@goals-tasks/db'
import { exportUser } from '@goals-tasks/operations'
import { type CauseOptions, causeOf } from '../cause.ts'
import type { OpenInstallation } from '../installation/open.ts'
import type { CommandResult } from '../installation/run.ts'

type Open = Pick<OpenInstallation, 'pool' | 'replica'>
type Output = Pick<NodeJS.WritableStream, 'write' | 'once'>

/** Prints one line per row. The memory that it needs does not depend on the number of rows. */
export async function runExport(
  { pool, replica }: Open,
  user: string,
  options: CauseOptions,
  output: Output = process.stdout,
): Promise<CommandResult> {
  await recordAction(pool, { ...causeOf(options), action: 'user-exported', subject: user, details: {} })
  const counts: Record<string, number> = {}
  for await (const lines of exportUser(replica.reader, user)) {
    for (const { type } of lines) counts[type] = (counts[type] ?? 0) + 1
    const text = lines.map(({ type, data }) => `{"type":"${type}","data":${data}}\n`).join('')
    if (!output.write(text)) await once(output as NodeJS.WritableStream, 'drain')
  }
  // A file without this line is incomplete.
  const end = { type: 'end', user, exportedAt: new Date().toISOString(), counts }
  return { text: JSON.stringify(end), document: end, exitCode: Object.keys(counts).length > 0 ? 0 : 1 }
}
