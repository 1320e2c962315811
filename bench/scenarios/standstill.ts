import { setTimeout as sleep } from 'node:timers/promises'
import { consumerNames, maxEventsPerJob } from '@goals-tasks/events'
import { type Context, clearEvents } from '../context.ts'
import { openQueues, pendingDeliveries } from '../deliveries.ts'
import { loadProgram } from '../http.ts'
import { describe, type Section } from '../report.ts'
import { requestsAs } from '../requests.ts'
import { spread } from '../rounds.ts'
import { targets } from '../targets.ts'

/** Counts the jobs that pile up in Redis while no worker runs. */
export async function standstill(context: Context): Promise<Section> {
  const { api, minutes, token } = context
  const { createGoal } = requestsAs(token)
  const queues = openQueues(context, consumerNames)
  await queues.ready()
  await queues.clear()
  await clearEvents(context)
  const load = await loadProgram({ seconds: minutes * 60 }, { program: api, expect: 201, next: () => createGoal })
  // The dispatcher may hold its last events for a moment.
  await sleep(1_000)
  const pending = [...(await pendingDeliveries(context)).values()].reduce((sum, count) => sum + count, 0)
  const jobs = await queues.count()
  await queues.clear()
  await queues.close()
  await clearEvents(context)
  return {
    title: 'Without a worker',
    note: `Creates over HTTP for ${minutes} min while no worker runs.`,
    rows: [
      {
        measured: 'jobs in Redis without a worker',
        against: `pending deliveries ÷ ${maxEventsPerJob}`,
        value: spread([jobs / (pending / maxEventsPerJob)]),
        absolute: `${jobs} jobs, ${describe([load])}`,
        baseline: `${pending} deliveries`,
        target: targets.jobs,
      },
    ],
  }
}
