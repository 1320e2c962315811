import { randomInt } from 'node:crypto'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cleanUp, type Program, startProcess, until } from '@goals-tasks/devstack/testing'
import type { Goal, Task } from '@goals-tasks/events'
import pMap from 'p-map'
import type { Installation } from '../installation.ts'
import { createWriter } from '../writer.ts'
import type { Person } from './people.ts'
import type { PlannedTask } from './plan.ts'
import type { SimulatedWorker } from './worker-process.ts'

const parallelWrites = 8

/** A clock that several processes read. */
export function createSharedClock(): { file: string; set(ms: number): void } {
  const folder = mkdtempSync(join(tmpdir(), 'simulated-day-'))
  cleanUp(async () => rmSync(folder, { recursive: true }))
  const file = join(folder, 'clock')
  return {
    file,
    set(ms) {
      writeFileSync(`${file}.new`, String(ms))
      renameSync(`${file}.new`, file)
    },
  }
}

/** Worker processes, of which one can be killed and replaced. */
export function startWorkers(count: number, options: SimulatedWorker) {
  const start = () =>
    startProcess('apps/worker/test/support/simulated-day/worker-process.ts', {}, [JSON.stringify(options)])
  const workers: Program[] = Array.from({ length: count }, start)
  return {
    ready: () => Promise.all(workers.map((worker) => worker.waitForLog(({ msg }) => msg === 'ready'))),
    async killOne(): Promise<void> {
      const index = randomInt(workers.length)
      workers[index]?.kill('SIGKILL')
      await workers[index]?.exit
      workers[index] = start()
    },
  }
}

/** Does the planned writes of the steps, as their actors. */
export function createActors({ pool, dispatcher }: Installation, people: readonly Person[]) {
  const write = createWriter(pool)
  const goals = new Map<number, Goal>()
  const tasks = new Map<string, Task>()
  const idOf = (person: number) => people[person]?.id ?? ''

  async function create({ title, owner, assignee }: PlannedTask): Promise<void> {
    const goal = goals.get(owner)
    if (!goal) throw new Error('The owner has no goal.')
    const task = await write.task(goal, { assignedTo: idOf(assignee), title }, { extra: ['task:assigned'] })
    tasks.set(title, task.entity)
    dispatcher.dispatch(task.events)
  }

  async function change({ title, owner, assignee, fate, other }: PlannedTask): Promise<void> {
    const task = tasks.get(title)
    // The API writes nothing when the assignee stays the same.
    if (!task || fate === 'stays' || (fate === 'given to another' && other === assignee)) return
    const { events } =
      fate === 'given to another'
        ? await write.changeTask(task, { assignedTo: idOf(other) }, { extra: ['task:assigned'] })
        : await write.changeTask(
            task,
            { status: 'COMPLETED' },
            { extra: ['task:completed'], actorId: idOf(fate === 'completed by its owner' ? owner : assignee) },
          )
    dispatcher.dispatch(events)
  }

  return {
    async createGoals(): Promise<void> {
      await pMap(people, async ({ id }, i) => void goals.set(i, (await write.goal(id)).entity), {
        concurrency: parallelWrites,
      })
    },
    create: (planned: readonly PlannedTask[]) => pMap(planned, create, { concurrency: parallelWrites }),
    change: (planned: readonly PlannedTask[]) => pMap(planned, change, { concurrency: parallelWrites }),
  }
}

/** Flushes the queue of mails, and lets each waiting mail be due: time passes for Redis and Postgres as well. */
export async function letTimePass({ pool, producer, prefix }: Installation): Promise<void> {
  const keys = await producer.keys(`{${prefix}:email}*`)
  if (keys.length > 0) await producer.unlink(keys)
  await pool.query(`update deliveries set due_at = now() - interval '10 seconds' where consumer = 'email'`)
}

/** Waits until the workers have done all that is due at an instant. Mails that wait for quiet hours are not due. */
export const untilDone = ({ pool }: Installation, nowMs: number, { isDown }: { isDown: boolean }) =>
  until(async () => {
    const { rows } = await pool.query(
      `select (select made_until >= $1 from reminder_progress)
           and not exists (select from mail_digests where closed_at is null and sends_at <= $1)
           and not exists (select from deliveries where consumer = 'notifications')
           and ($2 or not exists (
             select from deliveries where consumer = 'email' and due_at < now() + interval '1 minute')) as is_done`,
      [new Date(nowMs).toISOString(), isDown],
    )
    return rows[0].is_done === true
  })
