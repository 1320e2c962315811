import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Script } from './script.ts'

type Order = { databaseUrl: string; clients: number; seconds: number; script: Script }

/** Returns a function that runs scripts as pgbench does, in a child process. */
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
  const runClient = async () => {
    const client = new pg.Client({ connectionString: databaseUrl })
    await client.connect()
    while (!stopped) {
      await runThrough(client, steps, script)
      count++
    }
    await client.end()
  }
  const running = Array.from({ length: clients }, runClient)
  await sleep(seconds * 1_000)
  stopped = true
  process.send?.(count / seconds)
  await Promise.all(running)
}

type Step = { name: string; text: string; parameters: string[] }

/** Replaces each `:name` by a parameter of the driver. Two colons are a type, not a name. */
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
