import { setTimeout as sleep } from 'node:timers/promises'

const readyTimeoutMs = 60_000

/** Calls `probe` until it returns true. Returns false when the process ends first, or after a minute. */
export async function becomesReady(probe: () => Promise<boolean>, exited: Promise<unknown>): Promise<boolean> {
  let ended = false
  void exited.then(() => {
    ended = true
  })
  for (const deadline = Date.now() + readyTimeoutMs; !ended && Date.now() < deadline; await sleep(20))
    if (await probe()) return true
  return false
}
