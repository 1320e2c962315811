import type { Api } from '../environment/processes.ts'
import type { Random } from '../random.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { startReader } from './reader.ts'
import { loadUsers } from './users.ts'
import { type Load, startWriter } from './writer.ts'

export type RunningLoad = { ledger: Ledger; stop(): Promise<void> }

/** Starts one writer and one reader per user. Each request goes to an API that `apis` returns at that moment. */
export async function startLoad(apis: () => readonly [Api, ...Api[]], random: Random): Promise<RunningLoad> {
  const ledger = createLedger()
  const stopping = new AbortController()
  const load: Load = { ledger, random, choose: () => random.pick(apis()), signal: stopping.signal }
  const users = await loadUsers()
  const loops = users.flatMap((user) => {
    const [first = user.id, ...others] = users.flatMap(({ id }) => (id === user.id ? [] : [id]))
    const writer = startWriter(load, user, [first, ...others])
    return [writer.done, startReader(load, user, writer.possessions)]
  })
  // A loop that throws is a fault of the load itself. `stop` reports it.
  const done = Promise.all(loops)
  done.catch(() => undefined)
  return {
    ledger,
    async stop() {
      stopping.abort()
      await done
    },
  }
}
