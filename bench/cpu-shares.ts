import { readdirSync, readFileSync } from 'node:fs'

/** How many cores each process kept busy, by its name. */
export type CpuShares = Record<string, number>

/** Ticks of the kernel are 10 ms. */
const microsecondsPerTick = 10_000

/**
 * Begins to measure the CPU time of processes with their children, such as the backends of Postgres. Returns a function
 * that returns their shares since then, or none on systems without /proc. A child that has ended does not count.
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
    const [, parent, used] = readTimes(pid) ?? []
    if (Number(pid) === root || parent === root) ticks += used ?? 0
  }
  return ticks * microsecondsPerTick
}

/** Returns the process, its parent and its ticks, or undefined when it has ended. */
function readTimes(pid: string): [number, number, number] | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    return [Number(pid), Number(fields[1]), Number(fields[11]) + Number(fields[12])]
  } catch {
    return undefined
  }
}

/** Returns the shares as `load 0.31, API 0.86`. */
export const describeShares = (shares: CpuShares): string =>
  Object.entries(shares)
    .map(([name, share]) => `${name} ${share.toFixed(2)}`)
    .join(', ')
