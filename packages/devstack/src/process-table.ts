import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** The command line of a living process, or undefined when there is none with that pid. */
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

/** The direct children of a process, whatever process groups they made for themselves. */
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

/** Signals a process, which may have ended in the meantime. */
export function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
