import { randomUUID } from 'node:crypto'
import { connectProducer } from '@goals-tasks/events'
import { Queue } from 'bullmq'
import type { Context } from './context.ts'
import { newGoal } from './requests.ts'

const after = JSON.stringify(newGoal)

/**
 * The producer of the baseline: writes a row, then a job with the whole event, for the worker in `baselines/bullmq.ts`.
 */
export async function createBareQueue({ pool, servers }: Context) {
  await pool.query(
    `create table if not exists bench_events (id uuid primary key, after json not null);
     create table if not exists bench_effects (event_id uuid primary key, goal_id uuid not null, after json not null)`,
  )
  const connection = connectProducer(servers.redisUrl, (error) => console.error(error.message))
  const queue = new Queue('bench', {
    connection,
    defaultJobOptions: { removeOnComplete: true },
    skipVersionCheck: true,
  })
  const jobOf = (id: string) => ({ name: 'goal:created', data: { id, goalId: id, after } })

  return {
    queue,
    /** Commits an event, then enqueues it. */
    async commit(): Promise<void> {
      const job = jobOf(randomUUID())
      await pool.query({
        name: 'bench_event',
        text: 'insert into bench_events (id, after) values ($1::uuid, $2::json)',
        values: [job.data.id, after],
      })
      await queue.add(job.name, job.data)
    },
    /** Enqueues `count` events. */
    async fill(count: number): Promise<void> {
      for (let left = count; left > 0; left -= 500)
        await queue.addBulk(Array.from({ length: Math.min(500, left) }, () => jobOf(randomUUID())))
    },
    effects: async (): Promise<number> => {
      const { rows } = await pool.query('select count(*)::int as count from bench_effects')
      return rows[0].count
    },
    async clear(): Promise<void> {
      await pool.query('truncate bench_events, bench_effects')
    },
    async close(): Promise<void> {
      await queue.close()
      connection.disconnect()
    },
  }
}
