import { readdirSync, readFileSync } from 'node:fs'

/** How many cores each process kept busy, by its name. */
export type CpuShares = Record<string, number>

/** Ticks of the kernel are 10 ms. */
const microsecondsPerTick = 10_000

/**
 * Begins to measure the CPU time of processes with their children, such as the backends of Postgres. Returns a function
 * that returns their shares since then, or none on systems without /proc.
 */
export function measureCpuShares(pids: Record<string, number>): () => CpuShares {
  const names = Object.keys(pids)
  if (process.platform !== 'linux') return () => ({})
  const read = () => names.map((name) => cpuMicrosecondsOfFamily(pids[name] ?? 0))
  const [before, startedAt] = [read(), performance.now()]
  return () => {
    const [after, micros] = [read(), (performance.now() - startedAt) * 1_000]
    return Object.fromEntries(names.map((name, i) => [name, ((after[i] ?? 0) - (before[i] ?? 0)) / micros]))
  }
}

function cpuMicrosecondsOfFamily(root: number): number {
  let ticks = 0
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const times = readTimes(pid)
    if (times?.parent === root) ticks += times.own
    if (Number(pid) === root) ticks += (times?.own ?? 0) + (times?.ended ?? 0)
  }
  return ticks * microsecondsPerTick
}

type Times = { parent: number; own: number; ended: number }

/** Returns the parent of a process, its ticks and those of its children that have ended. Undefined without it. */
function readTimes(pid: string): Times | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15).map(Number)
    return { parent: Number(fields[1]), own: user + system, ended: endedUser + endedSystem }
  } catch {
    return undefined
  }
}

/** Returns the shares as `load 0.31, API 0.86`. */
export const describeShares = (shares: CpuShares): string =>
  Object.entries(shares)
    .map(([name, share]) => `${name} ${share.toFixed(2)}`)
    .join(', ')
