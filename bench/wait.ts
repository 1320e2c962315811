import { setTimeout as sleep } from 'node:timers/promises'

/** Asks every 20 ms until the answer is yes. @throws after a minute, naming what was waited for */
export async function waitUntil(what: string, condition: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(20)) if (await condition()) return
  throw new Error(`not within a minute: ${what}`)
}
