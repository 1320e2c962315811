import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** Returns the command line of a running process, or undefined when no process has that pid. */
export function commandOf(pid: number): string | undefined {
  try {
    const text =
      process.platform === 'linux'
        ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
        : execFileSync('ps', ['-p', String(pid), '-o', 'command='], {
            encoding: 'utf8',
            stdio: ['ignore', 'pipe', 'ignore'],
          })
    return text.trim() || undefined
  } catch {
    return undefined
  }
}

/** Returns the pid of the parent. Linux only: elsewhere, and for a process that has ended, it is 0. */
export const parentOf = (pid: number): number => Number(statusFields(pid)[1] ?? 0)

/** Returns the start time in ticks since boot. With the pid it identifies one process. Linux only, else empty. */
export const startTimeOf = (pid: number): string => statusFields(pid)[19] ?? ''

/** Returns the fields of /proc/pid/stat from the third on. The second is the command, which may hold blanks. */
function statusFields(pid: number): string[] {
  if (process.platform !== 'linux') return []
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
  } catch {
    return []
  }
}

/** Returns the direct children of a process, in any process group. */
export function childrenOf(pid: number): number[] {
  if (process.platform !== 'linux') return pgrepChildren(pid)
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    pids(readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')),
  )
}

function pgrepChildren(pid: number): number[] {
  try {
    return pids(execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' }))
  } catch {
    return []
  }
}

const pids = (text: string) => text.split(/\s+/).filter(Boolean).map(Number)

/** Signals a process. Does nothing when it has ended in the meantime. */
export function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
