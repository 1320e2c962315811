export type Flights = ReturnType<typeof createFlights>

/**
 * Callers with the same key share one load and one fill. The key says what is asked for *and* what the caller has just
 * seen in Redis: whoever sees that a change has happened does not join a load that began before it.
 * Beyond `max` loads at a time each caller loads for itself, and nothing is filled.
 */
export function createFlights(max: number) {
  const flights = new Map<string, Promise<unknown>>()
  const landings = new Set<Promise<void>>()
  return {
    share<T>(key: string, load: () => Promise<T>, fill: (loaded: T) => Promise<void>): Promise<T> {
      const joined = flights.get(key) as Promise<T> | undefined
      if (joined) return joined
      const loading = load()
      if (flights.size >= max) return loading
      flights.set(key, loading)
      // A failed load is the callers' to handle; here it only means that there is nothing to fill.
      const landing = loading
        .then(fill, () => undefined)
        .finally(() => {
          flights.delete(key)
          landings.delete(landing)
        })
      landings.add(landing)
      return loading
    },
    /** Settles when every fill that is under way now is done. */
    settled: async (): Promise<void> => void (await Promise.all(landings)),
  }
}
