import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { commandOf } from '../process-table.ts'

/**
 * Lets one `start` at a time work on a data folder. The lock of a process that is gone, or whose pid now belongs to
 * another program, does not count.
 * @returns what releases the lock
 * @throws when another one runs, with its pid
 */
export function lockFolder(file: string): () => void {
  const mine = `${process.pid}\n${birthOf(process.pid)}\n`
  for (let tries = 0; ; tries++) {
    try {
      writeFileSync(file, mine, { flag: 'wx', mode: 0o600 })
      return () => rmSync(file, { force: true })
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST') || tries > 3) throw error
      const [pid = '', birth = ''] = readFileSync(file, 'utf8').split('\n')
      if (commandOf(Number(pid)) !== undefined && birthOf(Number(pid)) === birth)
        throw new Error(
          `already running as pid ${pid} on this data folder: stop it first, or set DATA_DIR to another folder`,
        )
      rmSync(file, { force: true })
    }
  }
}

/** Start time in ticks since boot (22nd field; the 2nd may hold blanks): with the pid it names one process. */
function birthOf(pid: number): string {
  if (process.platform !== 'linux') return ''
  try {
    return (
      readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')[19] ?? ''
    )
  } catch {
    return ''
  }
}
