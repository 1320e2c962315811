import { setTimeout as sleep } from 'node:timers/promises'

/** Checks `condition` every 20 ms until it is true. @throws Error after a minute, with the name of the condition */
export async function waitUntil(name: string, condition: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(20)) if (await condition()) return
  throw new Error(`not within a minute: ${name}`)
}
