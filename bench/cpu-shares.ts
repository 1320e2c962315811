import { microsecondsPerTick, readProcesses } from './process-table.ts'

/** How many cores each process kept busy, by its name. */
export type CpuShares = Record<string, number>

/**
 * Begins to measure the CPU time of processes with their children, such as the backends of Postgres. The children of
 * this process are the measured ones, so they do not count as its own. Returns a function that returns the microseconds
 * since then by name, or none on systems without /proc.
 */
export function measureCpuMicroseconds(pids: Record<string, number>): () => Record<string, number> {
  const names = Object.keys(pids)
  if (process.platform !== 'linux') return () => ({})
  const read = () => names.map((name) => cpuMicrosecondsOfFamily(pids[name] ?? 0))
  const before = read()
  return () => {
    const after = read()
    return Object.fromEntries(names.map((name, i) => [name, (after[i] ?? 0) - (before[i] ?? 0)]))
  }
}

/** Begins to measure the CPU time as `measureCpuMicroseconds` does. Returns a function that returns the shares. */
export function measureCpuShares(pids: Record<string, number>): () => CpuShares {
  const [microsSoFar, startedAt] = [measureCpuMicroseconds(pids), performance.now()]
  return () => {
    const [spent, micros] = [microsSoFar(), (performance.now() - startedAt) * 1_000]
    return Object.fromEntries(Object.entries(spent).map(([name, own]) => [name, own / micros]))
  }
}

function cpuMicrosecondsOfFamily(root: number): number {
  const hasOwnChildren = root !== process.pid
  let ticks = 0
  for (const { pid, parent, own, ended } of readProcesses()) {
    if (pid === root) ticks += own
    if (pid === root && hasOwnChildren) ticks += ended
    if (parent === root && hasOwnChildren) ticks += own
  }
  return ticks * microsecondsPerTick
}

/** Returns the shares as `load 0.31, API 0.86`. */
export const describeShares = (shares: CpuShares): string =>
  Object.entries(shares)
    .map(([name, share]) => `${name} ${share.toFixed(2)}`)
    .join(', ')
