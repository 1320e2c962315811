import { setTimeout as sleep } from 'node:timers/promises'
import type { Environment } from '../environment/environment.ts'
import type { Scenario } from '../scenario.ts'
import { duringJob } from './held-jobs.ts'

/** Longer than the lock of a job, and than one more check for stalled jobs. */
const pastLockMs = 25_000

export const workerScenarios: readonly Scenario[] = [
  { name: 'worker-killed-often', boundSeconds: 120, processes: { workers: 3 }, inject: killWorkers(20) },
  { name: 'worker-killed', isQuick: true, boundSeconds: 90, inject: killWorkers(3) },
  { name: 'worker-stopped-past-its-lock', boundSeconds: 120, inject: stopWorker },
  { name: 'workers-away', boundSeconds: 120, inject: stopAllWorkers },
]

/** Kills one of the workers at random in the middle of a job, again and again. */
function killWorkers(times: number): Scenario['inject'] {
  return async (environment, random) => {
    for (let kill = 0; kill < times; kill++) {
      const worker = random.pick(environment.workers)
      await duringJob(environment, worker, worker.kill)
      await sleep(random.integer(500, 1_000))
      await worker.untilReady()
      await sleep(random.integer(0, 500))
    }
  }
}

/** Stops a worker in the middle of its jobs. It continues when another worker has already taken them. */
async function stopWorker(environment: Environment): Promise<void> {
  const [worker] = environment.workers
  await duringJob(environment, worker, () => worker.signal('SIGSTOP'))
  await sleep(pastLockMs)
  worker.signal('SIGCONT')
}

/** Ends every worker for two minutes, so that a backlog grows. */
async function stopAllWorkers({ workers }: Environment): Promise<void> {
  await Promise.all(workers.map((worker) => worker.stop()))
  await sleep(120_000)
  for (const worker of workers) worker.start()
}
