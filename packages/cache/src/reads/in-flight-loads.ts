export type InFlightLoads = ReturnType<typeof createInFlightLoads>

/**
 * Single flight: callers with the same key share one load and one fill. The key must contain the question *and* what
 * the caller has just seen in Redis, so that a caller that sees a change does not join a load that began before it.
 * While `max` loads are in flight, each further caller loads for itself and nothing is filled.
 */
export function createInFlightLoads(max: number) {
  const loads = new Map<string, Promise<unknown>>()
  const fills = new Set<Promise<void>>()
  return {
    share<T>(key: string, load: () => Promise<T>, fill: (loaded: T) => Promise<void>): Promise<T> {
      const joined = loads.get(key) as Promise<T> | undefined
      if (joined) return joined
      const loading = load()
      if (loads.size >= max) return loading
      loads.set(key, loading)
      // The callers handle a failed load. There is nothing to fill then.
      const filling = loading
        .then(fill, () => undefined)
        .finally(() => {
          loads.delete(key)
          fills.delete(filling)
        })
      fills.add(filling)
      return loading
    },
    /** Resolves once every load in flight has ended and its fill is done. */
    fillsDone: async (): Promise<void> => void (await Promise.all(fills)),
  }
}
