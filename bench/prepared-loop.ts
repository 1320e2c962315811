import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Script } from './script.ts'

type Order = { databaseUrl: string; clients: number; seconds: number; script: Script }

/** Runs scripts as pgbench would, in a child process. */
export const preparedLoop =
  (databaseUrl: string, clients: number) =>
  async (script: Script, seconds: number): Promise<number> => {
    const child = fork(import.meta.filename)
    child.send({ databaseUrl, clients, seconds, script } satisfies Order)
    const [perSecond] = await once(child, 'message')
    child.disconnect()
    return perSecond
  }

if (process.send && process.argv[1] === import.meta.filename) process.on('message', (order: Order) => void work(order))

async function work({ databaseUrl, clients, seconds, script }: Order): Promise<void> {
  const steps = script.texts.map(toQuery)
  let stopped = false
  let count = 0
  const lane = async () => {
    const client = new pg.Client({ connectionString: databaseUrl })
    await client.connect()
    while (!stopped) {
      await runThrough(client, steps, script)
      count++
    }
    await client.end()
  }
  const lanes = Array.from({ length: clients }, lane)
  await sleep(seconds * 1_000)
  stopped = true
  process.send?.(count / seconds)
  await Promise.all(lanes)
}

type Step = { name: string; text: string; parameters: string[] }

/** `:name` as the driver wants it; a cast has two colons. */
function toQuery(script: string, place: number): Step {
  const parameters: string[] = []
  const text = script.replaceAll(/(?<!:):([a-z]\w*)/gi, (_, name) => `$${parameters.push(name)}`)
  return { name: `step_${place}`, text, parameters }
}

async function runThrough(client: pg.Client, steps: readonly Step[], { variables, rows }: Script): Promise<void> {
  const [from, to] = rows
  let known: Record<string, unknown> = { ...variables, row: from + Math.floor(Math.random() * (to - from + 1)) }
  for (const { name, text, parameters } of steps) {
    const result = await client.query({ name, text, values: parameters.map((parameter) => known[parameter]) })
    known = { ...known, ...result.rows[0] }
  }
}
