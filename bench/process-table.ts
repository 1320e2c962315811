import { readdirSync, readFileSync } from 'node:fs'

/** Ticks of the kernel are 10 ms. */
export const microsecondsPerTick = 10_000

/** `own` and `ended` are the ticks of CPU time of a process, and of its children that have ended. */
export type ProcessRow = { pid: number; parent: number; own: number; ended: number }

/** Returns all processes of the machine, or none on systems without /proc. */
export const readProcesses = (): ProcessRow[] =>
  process.platform === 'linux'
    ? readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .flatMap((pid) => readProcess(Number(pid)) ?? [])
    : []

/** Returns the CPU time of a process since its start in milliseconds, or 0 on systems without /proc. */
export const cpuMilliseconds = (pid: number): number =>
  process.platform === 'linux' ? ((readProcess(pid)?.own ?? 0) * microsecondsPerTick) / 1_000 : 0

/** Returns undefined when the process has ended. */
function readProcess(pid: number): ProcessRow | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15).map(Number)
    return { pid, parent: Number(fields[1]), own: user + system, ended: endedUser + endedSystem }
  } catch {
    return undefined
  }
}
