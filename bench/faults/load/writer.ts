import { setTimeout as sleep } from 'node:timers/promises'
import type { Api } from '../environment/processes.ts'
import type { Random } from '../random.ts'
import { type Reply, send } from './client.ts'
import type { Ledger } from './ledger.ts'
import { chooseOperation, type Operation } from './operations.ts'
import { createPossessions, type Possession, type Possessions } from './possessions.ts'
import type { User } from './users.ts'

export type Load = { ledger: Ledger; random: Random; choose: () => Api; signal: AbortSignal }

const pauseMs = [10, 50] as const
const keyedShare = 0.4

/** Sends the writes of one user, one after the other, until the load ends. */
export function startWriter(load: Load, user: User, others: readonly [string, ...string[]]) {
  const possessions = createPossessions()
  return { possessions, done: write(load, user, { possessions, others }) }
}

type Own = { possessions: Possessions; others: readonly [string, ...string[]] }

async function write(load: Load, user: User, { possessions, others }: Own): Promise<void> {
  const { ledger, random, choose, signal } = load
  for (let number = 1; !signal.aborted; number++) {
    const title = `w-${user.id.slice(-2)}-${number}`
    const operation = chooseOperation({ possessions, others, title, random })
    if (operation.target?.isUncertain) await refresh(load, user, { possessions, possession: operation.target })
    else {
      if (operation.effect === 'delete') expectDeletion(operation, possessions)
      const requestId = `request-${title}`
      const { target } = operation
      const call = { ...operation, ...user, requestId, isKeyed: random.chance(keyedShare) }
      const reply = await send(choose, { ...call, ...(target && { version: target.version }) })
      apply(ledger, possessions, { operation, reply, requestId })
    }
    await sleep(random.integer(...pauseMs))
  }
}

type Sent = { operation: Operation; reply: Reply; requestId: string }

function expectDeletion({ target }: Operation, possessions: Possessions): void {
  if (!target) return
  target.mayBeDeleted = true
  for (const task of possessions.of('task')) if (task.goalId === target.id) task.mayBeDeleted = true
}

/** Records what the reply proves, and updates what the user knows. */
function apply(ledger: Ledger, possessions: Possessions, { operation, reply, requestId }: Sent): void {
  const { kind, effect, target, goalId, blockerId } = operation
  const { outcome, problem, api, eventId } = reply
  const version = reply.body ? Number(reply.body.version) : undefined
  const id = target?.id ?? String(reply.body?.id)
  const acknowledged = { id, ...(version !== undefined && { version }) }
  ledger.record({
    ...{ requestId, outcome, request: `${operation.method} ${operation.path}` },
    ...(problem !== undefined && { problem }),
    ...(outcome === 'ok' && { acknowledged: { ...acknowledged, ...(eventId && { eventId }) } }),
  })
  if (target && effect !== 'change') possessions.makeRelatedUncertain(target)
  if (outcome !== 'ok') {
    if (target) target.isUncertain = true
    return
  }
  ledger.acknowledge(id, api, { ...acknowledged, isDeleted: effect === 'delete' })
  const related = { ...(goalId && { goalId }), ...(blockerId && { blockerId }) }
  if (effect === 'create') possessions.add({ id, kind, version: version ?? 1, ...related })
  else if (target && effect === 'delete') possessions.remove(target)
  else if (target) Object.assign(target, { version, isOpen: effect !== 'close' })
}

/** Reads an entity whose state the user does not know for certain. */
async function refresh(
  { choose }: Load,
  { token }: User,
  { possessions, possession }: { possessions: Possessions; possession: Possession },
): Promise<void> {
  const path = `/v1/${possession.kind}s/${possession.id}`
  const { outcome, status, body } = await send(choose, { method: 'GET', path, token, requestId: 'request-refresh' })
  if (status === 404 || status === 410) possessions.remove(possession)
  if (outcome !== 'ok' || !body) return
  const isOpen = body.status === 'ACTIVE' || body.status === 'TODO' || body.status === 'IN_PROGRESS'
  Object.assign(possession, { version: Number(body.version), isOpen, isUncertain: false })
}
