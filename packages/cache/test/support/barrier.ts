export type Barrier = ReturnType<typeof createBarrier>

/** Creates a point at which a test holds a load. */
export function createBarrier() {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>()
  const { promise: reached, resolve: arrive } = Promise.withResolvers<void>()
  return {
    /** Resolves once a load is held. */
    reached,
    open,
    /** Calls `load` now, and returns its result only once the barrier is open. */
    hold: async <T>(load: () => Promise<T>): Promise<T> => {
      const loaded = await load()
      arrive()
      await opened
      return loaded
    },
  }
}
