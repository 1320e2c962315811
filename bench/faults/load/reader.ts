import { setTimeout as sleep } from 'node:timers/promises'
import { send } from './client.ts'
import type { Ledger } from './ledger.ts'
import type { Possessions } from './possessions.ts'
import type { User } from './users.ts'
import type { Load } from './writer.ts'

const pauseMs = [10, 40] as const

/** Reads what one user owns, while that user writes, and compares each read with the acknowledged versions. */
export async function startReader(load: Load, { token }: User, possessions: Possessions): Promise<void> {
  const { random, signal } = load
  while (!signal.aborted) {
    const [first, ...rest] = possessions.all()
    if (first) {
      const { kind, id } = random.pick([first, ...rest])
      if (random.chance(0.2)) await readList(load, token)
      else await readEntity(load, token, { id, path: `/v1/${kind}s/${id}` })
    }
    await sleep(random.integer(...pauseMs))
  }
}

async function readEntity({ choose, ledger }: Load, token: string, entity: { id: string; path: string }) {
  const target = choose()
  const check = ledger.beginRead(entity.id, `${target.url}#${target.life()}`)
  const call = { method: 'GET', path: entity.path, token, requestId: 'request-read' } as const
  const { outcome, body } = await send(() => target, call)
  if (outcome === 'ok' && body) check(Number(body.version))
}

async function readList({ choose, ledger }: Load, token: string): Promise<void> {
  const target = choose()
  const checks = beginReads(ledger, `${target.url}#${target.life()}`)
  const call = { method: 'GET', path: '/v1/goals?limit=50', token, requestId: 'request-list' } as const
  const { outcome, body } = await send(() => target, call)
  if (outcome !== 'ok' || !Array.isArray(body?.items)) return
  for (const { id, version } of body.items) checks.get(id)?.(Number(version))
}

const beginReads = (ledger: Ledger, api: string) =>
  new Map(ledger.ids().map((id) => [id, ledger.beginRead(id, api)] as const))
