import { migrate } from '@goals-tasks/db'
import { cleanUp, type OwnServer } from '@goals-tasks/devstack/testing'
import pg from 'pg'
import { createFolder } from './folder.ts'
import { signToken } from './marked-requests.ts'
import { installProcesses } from './process-installation.ts'
import type { manageUsers } from './redis-users.ts'
import { copySample } from './sample-copy.ts'

type Servers = { postgres: OwnServer; redis: OwnServer; users: ReturnType<typeof manageUsers> }
type BoardQueue = { jobs: { data: { events?: { id: string }[] } }[] }

export type Cell = Awaited<ReturnType<typeof openCell>>

/**
 * Opens a cell on shared servers: a database with a role that no other database admits, a user of Redis for the
 * prefix of the cell, and an API, a worker and `ops`. `name` is all of these names. They end with the test.
 */
export async function openCell(name: string, { postgres, redis, users }: Servers) {
  const admin = await connect(postgres.url)
  await admin.query(`create role ${name} login password '${name}'`)
  await admin.query(`create database ${name} owner ${name}`)
  await admin.query(`revoke all on database ${name} from public`)
  await users.add(name, { password: name, prefix: name })
  const database = { url: asUser(postgres.url, name) }
  await migrate(database.url)
  const url = redis.url.replace('redis://', `redis://${name}:${name}@`)
  const processes = await installProcesses({ database, redis: { url, prefix: name } })
  const [api, ops, worker] = await Promise.all([processes.startApi(), processes.startOps(), processes.startWorker()])
  const folder = await createFolder()
  let loads = 0

  return {
    name,
    database,
    processes,
    worker,
    /** Returns the number of loads that were started. */
    loads: () => loads,
    /** Loads a copy of the sample that no other load has. @returns the outcome, when every effect has happened */
    async load() {
      const file = await copySample(folder, `${name}-${loads++}`)
      return processes.loadSample(api.url, file).outcome()
    },
    /** Returns the ids of the events in the jobs of a consumer that Bull Board shows as completed. */
    async eventsOnBoard(consumer: string): Promise<string[]> {
      const headers = { authorization: `Bearer ${await signToken('ops')}` }
      const query = new URLSearchParams({ activeQueue: `consumers/${consumer}`, status: 'completed', page: '1' })
      const response = await fetch(`${ops.url}/ops/queues/api/queues?${query}`, { headers })
      if (!response.ok) throw new Error(`Bull Board of ${name} failed: ${await response.text()}`)
      const { queues } = (await response.json()) as { queues: BoardQueue[] }
      return queues.flatMap(({ jobs }) => jobs.flatMap(({ data }) => data.events?.map(({ id }) => id) ?? []))
    },
    /** Returns the lines of one metric of all processes. */
    metric: async (metric: string) =>
      (await processes.scrape()).flatMap((text) => text.split('\n').filter((line) => line.startsWith(`${metric}{`))),
    /**
     * Takes every lock of the database that the programs take: the tables, the locks of edges, and the locks of the
     * recurring work. Each lock has a session of its own: a session that held one lock while it waits for another
     * would deadlock with the writes of a running load. Returns the function that releases them.
     */
    async lockAll(): Promise<() => Promise<unknown>> {
      const holders = await Promise.all(everyLock.map((lock) => holdLock(database.url, lock)))
      return () => Promise.all(holders.map((holder) => holder.query('rollback')))
    },
  }
}

const everyLock = [
  ...['goals', 'tasks', 'events', 'deliveries'].map((table) => `lock table ${table} in exclusive mode`),
  `select pg_advisory_xact_lock(hashtextextended('task edges of ' || user_id, 0))
   from (select distinct user_id from goals) owner`,
  ...['goals-tasks migrate', 'goals-tasks reminders', 'ensure_event_partitions'].map(
    (work) => `select pg_advisory_xact_lock(hashtext('${work}'))`,
  ),
]

async function holdLock(url: string, lock: string): Promise<pg.Client> {
  const holder = await connect(url)
  await holder.query('begin')
  await holder.query(lock)
  return holder
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  cleanUp(() => client.end())
  return client
}

function asUser(serverUrl: string, name: string): string {
  const url = new URL(serverUrl)
  url.username = name
  url.password = name
  url.pathname = `/${name}`
  return url.href
}
