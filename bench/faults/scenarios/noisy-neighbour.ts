import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '@goals-tasks/devstack/testing'
import type { Environment } from '../environment/environment.ts'
import { type Call, type Reply, send } from '../load/client.ts'
import type { Ledger } from '../load/ledger.ts'
import { loadNoisyUser } from '../load/users.ts'
import type { Random } from '../random.ts'
import type { Scenario } from '../scenario.ts'

const patches = 40
const heldMs = 5_000

export const neighbourScenarios: readonly Scenario[] = [
  { name: 'noisy-neighbour', boundSeconds: 60, allowsNoClientError: true, inject: makeNoise },
]

/** Other users may make fewer writes beside the noise, because the machine is busier, but not much fewer. */
const leastShare = 1 / 3

/**
 * One user sends 40 changes of a row that another transaction holds. The requests of all other users must succeed, and
 * must not wait for that row.
 */
async function makeNoise({ apis: [api], pool }: Environment, _random: Random, ledger: Ledger): Promise<void> {
  const { token } = await loadNoisyUser()
  const write = async (call: Pick<Call, 'method' | 'path' | 'body' | 'version'>, number: number): Promise<Reply> => {
    const requestId = `request-noise-${number}`
    const reply = await send(() => api, { ...call, token, requestId })
    const { outcome, body, eventId } = reply
    const acknowledged = { id: String(body?.id), version: Number(body?.version), ...(eventId && { eventId }) }
    const request = `${call.method} ${call.path}`
    ledger.record({ requestId, outcome, request, isNoise: true, ...(outcome === 'ok' && { acknowledged }) })
    return reply
  }
  const { body: goal } = await write({ method: 'POST', path: '/v1/goals', body: { title: 'noise' } }, 0)
  const path = `/v1/goals/${goal?.id}`
  const before = await countWrites(ledger)
  const session = await pool.connect()
  try {
    await session.query('begin')
    await session.query('select from goals where id = $1 for update', [goal?.id])
    const change = { method: 'PATCH', path, version: 1 } as const
    const changes = Array.from({ length: patches }, (_, number) =>
      write({ ...change, body: { title: `noise ${number}` } }, number + 1),
    )
    await until(async () => (await pool.query(waitingSessions)).rowCount, { describe: 'a change waits for the row' })
    const beside = await countWrites(ledger)
    await session.query('commit')
    await Promise.all(changes)
    if (beside < leastShare * before)
      throw new Error(`other users made ${beside} writes, and ${before} before the noise`)
  } finally {
    session.release()
  }
}

/** Returns how many writes the users of the load make in `heldMs`. */
async function countWrites({ writes }: Ledger): Promise<number> {
  const count = () => writes.filter(({ isNoise }) => !isNoise).length
  const before = count()
  await sleep(heldMs)
  return count() - before
}

const waitingSessions = `select 1 from pg_stat_activity
  where application_name like 'goals-tasks api%' and wait_event_type = 'Lock'`
