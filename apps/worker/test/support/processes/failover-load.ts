import { cleanUp, until } from '@goals-tasks/devstack/testing'

export type Goal = { id: string; version: number; title: string }
/** A write whose response said that it was made, with the times of the request and of the response. */
export type Acknowledged = Goal & { sentAt: number; answeredAt: number }

/** The clients that write. Each has one write at a time. */
export const clients = 4
const changesPerGoal = 4

/** Sends requests of one user. A request that fails, or that no API answers, has the status 0. */
export function createSender(token: string) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  return async (url: string, method = 'GET', body?: object): Promise<{ status: number; body: Goal }> => {
    try {
      const response = await fetch(url, {
        ...{ method, headers: { ...headers, ...(method === 'PATCH' && { 'if-match': '*' }) } },
        ...(body && { body: JSON.stringify(body) }),
      })
      return { status: response.status, body: (await response.json()) as Goal }
    } catch {
      return { status: 0, body: { id: '', version: 0, title: '' } }
    }
  }
}

export type Send = ReturnType<typeof createSender>

/**
 * Creates and changes goals until it is stopped, and reads each goal after its write often enough that every API has
 * it from the cache. An outage only delays the next write.
 */
export function startWrites(apis: readonly [string, string], send: Send) {
  const acknowledged: Acknowledged[] = []
  let isStopped = false
  let count = 0

  async function write(goal: Goal | undefined): Promise<Goal | undefined> {
    const title = `title ${count++}`
    const goals = `${apis[count % apis.length]}/v1/goals`
    const sentAt = performance.now()
    const { status, body } = goal
      ? await send(`${goals}/${goal.id}`, 'PATCH', { title })
      : await send(goals, 'POST', { title })
    if (status !== 200 && status !== 201) return void (await untilAnswered(goals))
    acknowledged.push({ id: body.id, version: body.version, title, sentAt, answeredAt: performance.now() })
    for (const api of [...apis, ...apis]) await send(`${api}/v1/goals/${body.id}`)
    return body
  }

  const untilAnswered = (goals: string) =>
    until(async () => isStopped || (await send(`${goals}?limit=1`)).status === 200)

  async function run(): Promise<void> {
    for (let goal: Goal | undefined; !isStopped; )
      goal = await write(goal && goal.version <= changesPerGoal ? goal : undefined)
  }

  const done = Promise.all(Array.from({ length: clients }, run))
  const stop = async () => {
    isStopped = true
    await done
  }
  cleanUp(stop)
  return {
    /** In the order of their responses: creations, and more changes. */
    acknowledged,
    untilMore: (more: number) => {
      const before = acknowledged.length
      return until(() => acknowledged.length >= before + more)
    },
    stop,
  }
}

/** Follows the feed by server-sent events until the test ends. Returns a function that returns what arrived. */
export async function followFeed(api: string, token: string): Promise<() => string> {
  const ending = new AbortController()
  cleanUp(async () => ending.abort())
  const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream' }
  const response = await fetch(`${api}/v1/changes`, { headers, signal: ending.signal })
  if (!response.ok) throw new Error(`the feed responds ${response.status}`)
  let text = ''
  const read = async () => {
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) text += chunk
  }
  read().catch(() => undefined)
  await until(() => text.includes('event: ready'))
  return () => text
}
