type Turn<B, R> = { batch: B; sent: Promise<R> }

/**
 * Collects what begins in one turn of the event loop, and sends it together at the end of the turn. `open` returns the
 * batch of this turn and its result. A batch is closed before it is sent, or by `close`, so nothing joins it later.
 */
export function createTurnBatches<B, R>(
  empty: () => B,
  send: (batch: B) => Promise<R>,
  atEndOfTurn: (work: () => void) => void = setImmediate,
) {
  let current: Turn<B, R> | undefined

  function begin(): Turn<B, R> {
    const batch = empty()
    const sent = new Promise<R>((resolve, reject) => {
      atEndOfTurn(() => {
        if (current?.batch === batch) current = undefined
        send(batch).then(resolve, reject)
      })
    })
    return { batch, sent }
  }

  return {
    open(): Turn<B, R> {
      current ??= begin()
      return current
    },
    close(): void {
      current = undefined
    },
  }
}
