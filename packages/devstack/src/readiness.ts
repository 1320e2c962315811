import { setTimeout as sleep } from 'node:timers/promises'

const READY_TIMEOUT_MS = 60_000

/** Asks `probe` until it says yes; false when the server is gone first, or after a minute. */
export async function becomesReady(probe: () => Promise<boolean>, exited: Promise<unknown>): Promise<boolean> {
  let gone = false
  void exited.then(() => {
    gone = true
  })
  for (const deadline = Date.now() + READY_TIMEOUT_MS; !gone && Date.now() < deadline; await sleep(20))
    if (await probe()) return true
  return false
}
