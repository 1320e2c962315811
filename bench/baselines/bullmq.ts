import { createServer } from 'node:http'
import { env } from 'node:process'
import { connectWorker } from '@goals-tasks/events'
import { Worker } from 'bullmq'
import pg from 'pg'

/** The simplest consumer: one job per event, one INSERT per job. */
const pool = new pg.Pool({ connectionString: env.DATABASE_URL, max: 16 })
const insert = {
  name: 'effect',
  text: 'insert into bench_effects (event_id, goal_id, after) values ($1::uuid, $2::uuid, $3::json)',
}

const worker = new Worker(
  'bench',
  ({ data }) => pool.query({ ...insert, values: [data.id, data.goalId, data.after] }).then(() => undefined),
  { connection: connectWorker(env.REDIS_URL ?? '', (error) => console.error(error.message)), concurrency: 50 },
)
worker.on('error', (error) => console.error(error.message))
await worker.waitUntilReady()
createServer((_request, response) => response.end()).listen(Number(env.PROBE_PORT))

process.on('SIGTERM', async () => {
  await worker.close()
  await pool.end()
  process.exit()
})
