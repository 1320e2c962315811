import { setTimeout as sleep } from 'node:timers/promises'
import { send } from './client.ts'
import type { Possession, Possessions } from './possessions.ts'
import type { User } from './users.ts'
import type { Load } from './writer.ts'

const pauseMs = [10, 40] as const

/** The list shows at least as many of the newest goals. */
const listed = 20

/** Reads what one user owns, while that user writes, and compares each read with the acknowledged versions. */
export async function startReader(load: Load, { token }: User, possessions: Possessions): Promise<void> {
  const { random, signal } = load
  while (!signal.aborted) {
    const [first, ...rest] = possessions.all()
    if (first && random.chance(0.2)) await readList(load, token, possessions)
    else if (first) await readEntity(load, token, random.pick([first, ...rest]))
    await sleep(random.integer(...pauseMs))
  }
}

async function readEntity({ choose, ledger }: Load, token: string, possession: Possession): Promise<void> {
  const target = choose()
  const check = ledger.beginRead(possession.id, `${target.url}#${target.life()}`)
  const path = `/v1/${possession.kind}s/${possession.id}`
  const reply = await send(() => target, { method: 'GET', path, token, requestId: 'request-read' })
  const { outcome, status, body } = reply
  if (outcome === 'ok' && body) check(Number(body.version))
  else if (status !== 404 && status !== 410) ledger.recordFailedRead(`${path} ${reply.problem}`)
  else if (!possession.mayBeDeleted) check(null)
}

async function readList({ choose, ledger }: Load, token: string, possessions: Possessions): Promise<void> {
  const target = choose()
  const goals = possessions.of('goal').slice(-listed)
  const api = `${target.url}#${target.life()}`
  const checks = goals.map((goal) => ({ goal, check: ledger.beginRead(goal.id, api) }))
  const call = { method: 'GET', path: '/v1/goals?limit=50', token, requestId: 'request-list' } as const
  const { outcome, body, problem } = await send(() => target, call)
  if (outcome !== 'ok' || !Array.isArray(body?.data)) return ledger.recordFailedRead(`${call.path} ${problem}`)
  const versions = new Map(body.data.map(({ id, version }) => [id, Number(version)]))
  for (const { goal, check } of checks) {
    const version = versions.get(goal.id)
    if (version !== undefined) check(version)
    else if (!goal.mayBeDeleted) check(null)
  }
}
