/** The result of a write: made, refused, or unknown because no response arrived. */
export type Outcome = 'ok' | 'failed' | 'indeterminate'

export type Write = {
  /** The `X-Request-Id`, which the events of the write have as their correlation id. */
  requestId: string
  outcome: Outcome
  /** The method and the path. */
  request: string
  problem?: string
  /** A scenario sent it, not the load. It may be refused. */
  isNoise?: true
  /** Known when the outcome is ok. A deletion has no version. A write that changed nothing has no event. */
  acknowledged?: { id: string; version?: number; eventId?: string }
}

export type Acknowledged = { version: number; isDeleted: boolean }
type StaleRead = { seen: string; expected: Acknowledged; id: string; atMs: number }
export type Ledger = ReturnType<typeof createLedger>

/** Creates the record of everything that the clients of a scenario know. */
export function createLedger() {
  const writes: Write[] = []
  /** The newest acknowledged state of each entity, by the life of the API process that acknowledged it. */
  const acknowledged = new Map<string, Map<string, Acknowledged>>()
  const staleReads: { own: StaleRead[]; others: StaleRead[] } = { own: [], others: [] }
  const failedReads: string[] = []
  let reads = 0

  return {
    writes: writes as readonly Write[],
    staleReads,
    reads: () => reads,
    /** The reads without a response, and those that got an error of the server. */
    failedReads: failedReads as readonly string[],
    recordFailedRead: (problem: string) => void failedReads.push(problem),
    record: (write: Write) => void writes.push(write),
    acknowledge(id: string, api: string, { version, isDeleted }: { version?: number; isDeleted: boolean }): void {
      const byApi = acknowledged.get(id) ?? new Map<string, Acknowledged>()
      const known = byApi.get(api)
      acknowledged.set(id, byApi)
      byApi.set(api, { version: Math.max(version ?? 0, known?.version ?? 0), isDeleted })
    },
    /**
     * Returns the check of a read that begins now. Call the check with the version that was read, or with null when the
     * entity was missing although no deletion was sent.
     */
    beginRead(id: string, api: string) {
      const byApi = acknowledged.get(id)
      const own = byApi?.get(api)
      const any = newest([...(byApi?.values() ?? [])])
      return (version: number | null) => {
        reads++
        const seen = version === null ? 'nothing' : `version ${version}`
        const stale = (expected: Acknowledged) => ({ id, seen, expected, atMs: Date.now() })
        if (isOlder(version, own)) staleReads.own.push(stale(own))
        else if (isOlder(version, any)) staleReads.others.push(stale(any))
      }
    },
  }
}

function isOlder(version: number | null, expected: Acknowledged | undefined): expected is Acknowledged {
  if (expected === undefined) return false
  return version === null ? !expected.isDeleted : version < expected.version || expected.isDeleted
}

function newest(states: readonly Acknowledged[]): Acknowledged | undefined {
  if (states.length === 0) return undefined
  return {
    version: Math.max(...states.map((state) => state.version)),
    isDeleted: states.some((state) => state.isDeleted),
  }
}
