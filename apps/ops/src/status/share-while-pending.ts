/** Lets calls that arrive while a load is running share it, as the gauges of one scrape do. */
export function shareWhilePending<T>(load: () => Promise<T>): () => Promise<T> {
  let pending: Promise<T> | undefined
  return () => {
    pending ??= load().finally(() => {
      pending = undefined
    })
    return pending
  }
}
