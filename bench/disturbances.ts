import { setTimeout as sleep } from 'node:timers/promises'
import type { Context } from './context.ts'
import { runLoad } from './load.ts'
import { makeToken } from './programs.ts'
import { requestsAs } from './requests.ts'

export const neighbourId = '10000000-0000-4000-8000-000000000003'
/** Connections of the neighbour, more than the pool of the API has. */
export const neighbourClients = 44

/** Returns whether a disturbance goes on. */
export type Running = () => boolean

/** Returns disturbances of other users. `goal` belongs to the neighbour. Each ends soon after `running` is false. */
export async function createDisturbances({ api, pool, token }: Context, goal: string) {
  const neighbourToken = await makeToken(neighbourId)
  const { rows } = await pool.query('select id from tasks where goal_id = $1', [goal])
  const ids: string[] = rows.map((row) => row.id)
  const { patchTaskById } = requestsAs(neighbourToken)

  async function post(path: string, as: string, body: object = {}): Promise<void> {
    const response = await fetch(`http://127.0.0.1:${api.port}/v1/goals/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${as}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    await response.arrayBuffer()
  }
  /** Closes and reopens a goal with its tasks, again and again. */
  async function repeatCascade(running: Running, id: string, as: string): Promise<void> {
    while (running()) {
      await post(`${id}/cancel`, as)
      await post(`${id}/reopen`, as)
    }
  }
  /** Sends changes of these tasks. A change that waits too long for its lock gets 503. */
  async function sendChanges(running: Running, of: readonly string[]): Promise<void> {
    let place = 0
    const load = { port: api.port, connections: neighbourClients, seconds: 600, expect: 200 }
    const next = () => (running() ? patchTaskById(of[place++ % of.length] ?? '', place) : undefined)
    const { failures } = await runLoad(load, next)
    const refused = [...failures.keys()].filter((status) => status !== 503)
    if (refused.length > 0) throw new Error(`the neighbour's changes got ${refused.join(', ')}, not 200 or 503`)
  }
  async function sendCreatesTo(running: Running, id: string): Promise<void> {
    const sent: Promise<void>[] = []
    for (; running(); await sleep(50)) sent.push(post(`${id}/tasks`, token, { title: 'Into a cascade' }))
    await Promise.all(sent)
  }
  return {
    /** Keeps one connection of Postgres computing, without a lock: the share of a core that a cascade takes as well. */
    async computation(running: Running): Promise<void> {
      while (running()) await pool.query('select count(*) from generate_series(1, 100000)')
    },
    cascade: (running: Running, id: string) =>
      Promise.all([repeatCascade(running, id, token), sendCreatesTo(running, id)]),
    ownCascade: (running: Running) =>
      Promise.all([repeatCascade(running, goal, neighbourToken), sendChanges(running, ids)]),
    /** The changes of `ownCascade` without the cascade. */
    changes: (running: Running) => sendChanges(running, ids),
    async heldRow(running: Running): Promise<void> {
      const [held = ''] = ids
      const client = await pool.connect()
      await client.query('begin')
      await client.query('select from tasks where id = $1 for update', [held])
      const changes = sendChanges(running, [held])
      while (running()) await sleep(20)
      await client.query('rollback')
      client.release()
      await changes
    },
  }
}
