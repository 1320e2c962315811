import { createBacklogs } from '../backlog.ts'
import { type Context, clearEvents } from '../context.ts'
import { startReceiver } from '../receiver.ts'
import { compare, type Section } from '../report.ts'
import { requestsAs } from '../requests.ts'
import { interleave } from '../rounds.ts'

const maxRounds = 2
const sizes = { auditLog: 20_000, sync: 4_000 }
/** As a receiver on another machine. */
const responseMs = 100

/** Measures what more processes of one consumer change. */
export async function processes(context: Context): Promise<Section> {
  const rounds = Math.min(maxRounds, context.rounds)
  const backlogs = await createBacklogs(context)
  const receiver = await startReceiver(responseMs)
  const next = () => requestsAs(context.token).createGoal
  const auditWith = (count: number) => () =>
    backlogs.drain({ processes: count, consumers: ['audit-log'], next, backlog: sizes.auditLog })
  const syncWith = (count: number) => () =>
    backlogs.drain({
      ...{ processes: count, consumers: ['sync'], next, backlog: sizes.sync },
      env: { SYNC_URL: receiver.url },
    })
  const audit = await interleave({ one: auditWith(1), four: auditWith(4) }, { rounds, warmUp: false })
  const sync = await interleave({ one: syncWith(1), four: syncWith(4) }, { rounds, warmUp: false })
  await Promise.all([backlogs.close(), receiver.close()])
  // Without this, every later scenario would have deliveries to the receiver.
  await context.pool.query(`delete from receivers where consumer = 'sync'`)
  await clearEvents(context)
  const ofOne = { against: 'one process' }
  return {
    title: 'One and four processes of a consumer',
    note: [
      `A backlog of ${sizes.auditLog} creates for audit-log and ${sizes.sync} for sync, ${rounds} rounds.`,
      'Two cores bound the ratio of audit-log, whose work is that of Postgres and of the processes themselves.',
      `sync waits ${responseMs} ms for its receiver.`,
    ].join('\n'),
    rows: [
      compare({ measured: 'audit-log, four processes', of: audit.four, ...ofOne, baseline: audit.one }),
      compare({ measured: 'sync, four processes', of: sync.four, ...ofOne, baseline: sync.one }),
    ],
  }
}
