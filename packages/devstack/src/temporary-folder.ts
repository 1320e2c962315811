import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { commandOf } from './process-table.ts'

/**
 * A new folder `<parent>/<prefix>-<pid>-…`. Folders of that prefix whose process is gone, since it was killed before
 * it could clean up, are removed on the way.
 */
export async function temporaryFolder(parent: string, prefix: string): Promise<string> {
  await mkdir(parent, { recursive: true })
  const abandoned = (await readdir(parent)).filter((name) => {
    const [, pid] = name.startsWith(prefix) ? (/^-(\d+)-/.exec(name.slice(prefix.length)) ?? []) : []
    return pid !== undefined && commandOf(Number(pid)) === undefined
  })
  // One that belongs to another user stays.
  await Promise.allSettled(abandoned.map((name) => rm(join(parent, name), { recursive: true, force: true })))
  return mkdtemp(join(parent, `${prefix}-${process.pid}-`))
}
