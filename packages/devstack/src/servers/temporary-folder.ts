import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { commandOf } from '../processes/process-table.ts'

/**
 * Creates a folder `<parent>/<prefix>-<pid>-…`. Also removes the folders of that prefix whose process has ended
 * without cleaning up.
 */
export async function temporaryFolder(parent: string, prefix: string): Promise<string> {
  await mkdir(parent, { recursive: true })
  const abandoned = (await readdir(parent)).filter((name) => {
    const [, pid] = name.startsWith(prefix) ? (/^-(\d+)-/.exec(name.slice(prefix.length)) ?? []) : []
    return pid !== undefined && commandOf(Number(pid)) === undefined
  })
  // A folder of another user cannot be removed and stays.
  await Promise.allSettled(abandoned.map((name) => rm(join(parent, name), { recursive: true, force: true })))
  return mkdtemp(join(parent, `${prefix}-${process.pid}-`))
}
