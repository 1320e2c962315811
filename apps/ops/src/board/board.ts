import { createBullBoard } from '@bull-board/api'
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import { FastifyAdapter } from '@bull-board/fastify'
import { type JobData, subscriptions } from '@goals-tasks/events'
import type { OpsQueues } from '@goals-tasks/operations'

/** Returns the Fastify plugin of Bull Board with the queues and the dead letters of every consumer. */
export function createBoard(queues: OpsQueues, basePath: string) {
  const serverAdapter = new FastifyAdapter().setBasePath(basePath)
  createBullBoard({ queues: queues.all.flatMap(adaptersOf), serverAdapter, options: { uiConfig } })
  return serverAdapter.registerPlugin()
}

const options = { readOnlyMode: true, delimiter: '/' }

const deadOptions = {
  ...options,
  prefix: 'dead letters/',
  description: 'the newest dead letters; replay or discard them at /ops/dead-letters',
  externalJobUrl: ({ id }: { id?: string | number | null | undefined }) => ({
    displayText: 'Dead letter',
    href: `/ops/dead-letters/${id}`,
  }),
}
/** Links a job to the trace of its first event. */
function traceUrlOf({ data }: { data?: unknown }) {
  const { events = [] } = data as Partial<JobData>
  return { displayText: 'Trace', href: `/ops/trace/${events[0]?.id ?? ''}` }
}

/** Bull Board shows null as unknown. It would show an empty list as a warning, but dead letters need no worker. */
const unknownWorkers = async () => null

const adaptersOf = ({ consumer, queue, dead }: OpsQueues['all'][number]) => [
  new BullMQAdapter(queue, {
    ...options,
    prefix: 'consumers/',
    externalJobUrl: traceUrlOf,
    description: `subscribed to ${subscriptions[consumer].join(', ')}`,
  }),
  Object.assign(new BullMQAdapter(dead, deadOptions), { getWorkers: unknownWorkers }),
]

const uiConfig = {
  boardTitle: 'goals-tasks',
  hideDocsLink: true,
  pollingInterval: { forceInterval: 10, showSetting: false },
  overview: { groupByDelimiter: true },
  miscLinks: [
    { text: 'Dead letters', url: '/ops/dead-letters' },
    { text: 'Status', url: '/ops/status' },
    { text: 'Log in or out', url: '/ops/login' },
  ],
}
