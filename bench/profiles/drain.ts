import { auditLog } from '../../apps/worker/src/consumers/audit-log.ts'
import { type Context, clearEvents } from '../context.ts'
import { openQueues, sendCreates, untilDone } from '../deliveries.ts'
import { startWorker } from '../programs.ts'
import { requestsAs } from '../requests.ts'
import type { Statement } from '../statements.ts'
import { explain } from './explain.ts'
import { recordProfile } from './record.ts'

const backlog = 20_000
const eventsPerJob = 100

/**
 * Returns, as Markdown, where the time of an event to the audit log goes: in the worker by function, in Postgres by the
 * plan for one job.
 */
export async function profileDrain(context: Context): Promise<string> {
  const { pool, servers, token } = context
  const { createGoal } = requestsAs(token)
  const queues = openQueues(context, ['audit-log'])
  await queues.ready()
  await clearEvents(context)
  await queues.clear()
  const profile = await recordProfile(servers, {
    start: (nodeOptions) => startWorker(servers, { WORKER_CONSUMERS: 'audit-log' }, nodeOptions),
    async load() {
      await queues.pause()
      await sendCreates(context, backlog, () => createGoal)
      const startedAt = performance.now()
      await queues.resume()
      await untilDone(context, ['audit-log'])
      return { count: backlog, ms: performance.now() - startedAt }
    },
  })
  await clearEvents(context)
  await sendCreates(context, eventsPerJob, () => createGoal)
  const plans = await explain(pool, {
    title: `The statement of a job with ${eventsPerJob} events`,
    statements: await recordAppend(context),
  })
  await queues.clear()
  await queues.close()
  await clearEvents(context)
  return ['# Where an event to the audit log spends its time', '## CPU of the worker per event', profile, ...plans]
    .join('\n\n')
    .concat('\n')
}

/** Returns the statement for all events, which is not executed: it would finish their deliveries. */
async function recordAppend({ pool }: Context): Promise<Statement[]> {
  const { rows } = await pool.query('select id from events order by id')
  const sent: Statement[] = []
  const recorder = {
    query(statement: Statement) {
      sent.push(statement)
      return Promise.resolve({ rows: [] })
    },
  }
  const ids = rows.map(({ id }) => id)
  await auditLog.run(recorder as unknown as Parameters<typeof auditLog.run>[0], ids)
  return sent
}
