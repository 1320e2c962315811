import { endLeases } from '@goals-tasks/db'
import type { JobData } from '@goals-tasks/events'
import type { Context } from '../context.ts'

type DropContext = Pick<Context, 'name' | 'pool' | 'redis' | 'queue'>

const jobsPerStep = 50

/** Removes jobs from a list or a sorted set and returns their data. Uses only commands that need no memory. */
const popJobs = `
  local popped = redis.call(ARGV[1], KEYS[1], ARGV[2]) or {}
  local data = {}
  for i = 1, #popped, ARGV[1] == 'ZPOPMIN' and 2 or 1 do
    local key = ARGV[3] .. popped[i]
    table.insert(data, redis.call('HGET', key, 'data') or '')
    redis.call('UNLINK', key)
  end
  return data`

/**
 * Removes the waiting and the delayed jobs of a consumer, in steps that do not hold up Redis. BullMQ needs memory to
 * start a job, so a full Redis never gets empty otherwise. The deliveries in Postgres replace the jobs: those of
 * waiting jobs become due at once, and those of delayed jobs one lease after their time.
 * @returns how many jobs it removed
 */
export async function dropQueue({ name: consumer, pool, redis, queue }: DropContext): Promise<number> {
  const { wait = 0, delayed = 0 } = await queue.getJobCounts('wait', 'delayed')
  const pop = async (command: 'RPOP' | 'ZPOPMIN', key: string) =>
    (await redis.eval(popJobs, 1, queue.toKey(key), command, jobsPerStep, queue.toKey(''))) as string[]
  // The counts bound the steps, because others add jobs as soon as there is room.
  for (let left = wait; left > 0; left -= jobsPerStep)
    await endLeases(pool, consumer, (await pop('RPOP', 'wait')).flatMap(eventsOf))
  for (let left = delayed; left > 0; left -= jobsPerStep) await pop('ZPOPMIN', 'delayed')
  return wait + delayed
}

const eventsOf = (data: string) => (data === '' ? [] : (JSON.parse(data) as JobData).events)
