import { type AnyRedis, type ConsumerName, type JobData, queuePrefix } from '@goals-tasks/events'
import { Worker } from 'bullmq'
import type { Context } from '../context.ts'
import { pauseOnErrorBurst } from '../redis/pause-on-error-burst.ts'
import { runJob } from './run-job.ts'
import { isStalledOut, resolveStalledJob } from './stalled-jobs.ts'

/**
 * Stalls that a job survives. A job may lose its process twice by bad luck. A job that kills its process each time
 * ends in the failed set, where `reviewDeadLetters` finds it.
 */
const maxStalledCount = 3

/**
 * Takes the jobs of the consumer from its queue. BullMQ carries ids and keeps time. Postgres records what is left to
 * do, the attempts and the dead letters, so a job that is lost, late or doubled does no harm.
 * The caller adds the listener of its errors.
 * @param connection a worker's connection: it waits for Redis as long as it takes
 */
export function createJobWorker<C extends ConsumerName>(
  context: Context<C>,
  connection: AnyRedis,
  prefix: string,
): Worker<JobData> {
  const { name, policy, timings, log } = context
  const worker = new Worker<JobData>(name, (job, token) => runJob(context, job, token), {
    connection,
    // The first look that finds no pause starts it.
    autorun: false,
    prefix: queuePrefix(prefix, name),
    concurrency: policy.concurrency,
    lockDuration: policy.lockMs,
    stalledInterval: timings.stalledCheckEveryMs,
    maxStalledCount,
    // After a lost connection. The default would report a finished job 15 s late.
    runRetryDelay: 1_000,
  })
  pauseOnErrorBurst(worker, context)
  worker.on('stalled', (jobId) =>
    log.warn({ consumer: name, jobId }, 'a job whose worker died or hung is back in the queue'),
  )
  worker.on('failed', (job) => {
    // When this process dies now, `reviewDeadLetters` still finds the job in the failed set.
    if (job && isStalledOut(job))
      resolveStalledJob(context, job).catch((err) =>
        log.warn({ consumer: name, err }, 'a stalled job is left to the next review'),
      )
  })
  return worker
}
