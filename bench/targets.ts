/** The bounds of a value. A row holds when its median reaches `must`; `aim` is the wish beyond it. */
export type Target = { must: number; aim?: number; best: 'high' | 'low' }

const atLeast = (must: number, aim?: number): Target => ({ must, best: 'high', ...(aim === undefined ? {} : { aim }) })
const atMost = (must: number, aim: number): Target => ({ must, aim, best: 'low' })

/** The bounds of the rows that have any. Times are milliseconds, WAL is kB, memory is MB. */
export const targets = {
  patch: atLeast(0.6, 0.9),
  complete: atLeast(0.6, 0.9),
  create: atLeast(0.4, 0.6),
  createStatement: atLeast(0.5, 0.7),
  patchCpu: atMost(7, 5),
  bytes: atMost(1.25, 1.1),
  wal: atMost(3, 2),
  coldGet: atLeast(0.3, 0.45),
  limitedRead: atLeast(0.92, 0.97),
  missedList: atLeast(1.2, 1.5),
  drainAuditLog: atLeast(8, 15),
  drainAll: atLeast(3, 6),
  latency: {
    50: { p50Ms: atMost(5, 3), p99Ms: atMost(15, 8) },
    500: { p50Ms: atMost(20, 5), p99Ms: atMost(100, 20) },
  },
  feed: { p50Ms: atMost(15, 8), p99Ms: atMost(60, 30) },
  jobs: atMost(1.1, 1.1),
  besideCascade: atLeast(0.7),
  besideNeighbour: atLeast(0.8),
  overloadGoodput: atLeast(0.8, 0.9),
  overloadP99: atMost(3, 2),
  besideAttack: atMost(3, 2),
  tracesOff: atLeast(0.97, 0.99),
  tracesSampled: atLeast(0.95, 0.98),
  tracesOffCpu: atMost(1.03, 1.01),
  tracesSampledCpu: atMost(1.05, 1.02),
  startMs: atMost(250, 200),
  residentMegabytes: atMost(100, 80),
} satisfies Record<string, Target | Record<string, Target> | Record<number, Record<string, Target>>>

/** Returns what a median reaches of its bounds. */
export function judge(median: number, { must, aim, best }: Target): 'aim' | 'holds' | 'misses' {
  const reaches = (bound: number) => (best === 'high' ? median >= bound : median <= bound)
  if (!reaches(must)) return 'misses'
  return aim !== undefined && reaches(aim) ? 'aim' : 'holds'
}
