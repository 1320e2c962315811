import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { commandOf, startTimeOf } from '../processes/process-table.ts'

const maxTries = 5

/**
 * Locks a data folder, so that one `start` at a time uses it. Ignores the lock of a process that has ended, or whose
 * pid now belongs to another program.
 * @returns the function that releases the lock
 * @throws with the pid of the other `start` when one runs
 */
export function lockFolder(file: string): () => void {
  const content = `${process.pid}\n${startTimeOf(process.pid)}\n`
  for (let tries = 1; ; tries++) {
    try {
      writeFileSync(file, content, { flag: 'wx', mode: 0o600 })
      return () => rmSync(file, { force: true })
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST') || tries >= maxTries) throw error
      const pid = runningHolder(file)
      if (pid !== undefined)
        throw new Error(
          `\`start\` is already running as pid ${pid} on this data folder.` +
            ' Stop it first, or set DATA_DIR to another folder.',
        )
      rmSync(file, { force: true })
    }
  }
}

function runningHolder(file: string): number | undefined {
  const [pid = '', startTime = ''] = readFileSync(file, 'utf8').split('\n')
  const runs = commandOf(Number(pid)) !== undefined && startTimeOf(Number(pid)) === startTime
  return runs ? Number(pid) : undefined
}
