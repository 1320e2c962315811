import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Context, clearEvents } from '../context.ts'
import { requestBytes } from '../load.ts'
import { openConnections } from '../open-connections.ts'
import { openLoop } from '../open-loop.ts'
import { type Program, residentMegabytes, signTokens, startApi } from '../programs.ts'
import { describe, type Row, type Section } from '../report.ts'
import { newTask } from '../requests.ts'
import { quantile, type Sample, spread } from '../rounds.ts'
import { deleteUsers } from '../seed.ts'
import { targets } from '../targets.ts'
import { waitUntil } from '../wait.ts'

const users = 1_000
const clientsPerUser = 2
const changesPerSecond = 100
/** A 99th percentile needs some events. */
const minSeconds = 5
/** A longer load shows whether latencies stay, and what a transaction changes that is open meanwhile. */
const longSeconds = 30
/** Clients that connect at a time. */
const connectingAtATime = 50

type User = { id: string; goalId: string; token: string }
type Arrival = { eventId: string; atMs: number }

const idOf = (kind: number, number: number) => `${kind}0000000-0000-4000-8000-${String(number).padStart(12, '0')}`
const committedAt = `
  select id, extract(epoch from pg_xact_commit_timestamp(xid::xid))::float8 * 1000 as "atMs",
         (select count(*)::int from event_readers r where r.event_id = e.id) as readers
  from events e`

/** Measures the time from the commit of a change to the clients that follow their feeds as streams. */
export async function feed(context: Context): Promise<Section> {
  const { pool, rounds, servers } = context
  const seconds = Math.max(context.seconds, minSeconds)
  const api = await startApi(servers, { MAX_REQUESTS_PER_USER: '1000' })
  const everyone = await createUsers(context)
  const idleMegabytes = await quietMegabytes(api)
  const clients = await openClients(api, everyone)
  const perClientKilobytes = ((await quietMegabytes(api)) - idleMegabytes) * (1_000 / clients.sockets.length)

  const samples: Sample[] = []
  const measure = async (duration = seconds): Promise<Sample> => {
    await clearEvents(context)
    clients.arrivals.length = 0
    await sendChanges(api, everyone, duration)
    const { rows } = await pool.query<{ id: string; atMs: number; readers: number }>(committedAt)
    const expected = rows.reduce((sum, { readers }) => sum + readers * clientsPerUser, 0)
    await waitUntil('the events at all clients', async () => clients.arrivals.length >= expected)
    const commits = new Map(rows.map(({ id, atMs }) => [id, atMs]))
    const latencies = clients.arrivals.map(({ eventId, atMs }) => atMs - (commits.get(eventId) ?? Number.NaN))
    const sorted = Float64Array.from(latencies).sort()
    return { rate: changesPerSecond, p50Ms: quantile(sorted, 0.5), p99Ms: quantile(sorted, 0.99) }
  }
  await measure()
  for (let round = 0; round < rounds; round++) samples.push(await measure())
  const long = await measure(longSeconds)
  const beside = await besideOpenTransaction(pool, () => measure(longSeconds))
  clients.close()
  await api.stop()
  await clearEvents(context)
  await deleteUsers(
    pool,
    everyone.map(({ id }) => id),
  )
  return {
    title: 'Commit to client',
    note: [
      `${clients.sockets.length} clients of ${users} users follow their feeds as streams from one process.`,
      `${changesPerSecond} tasks with an assignee are created per second, so each event goes to four clients.`,
      'Times are those of the commits in Postgres and of the arrival at the clients, which share the cores.',
    ].join('\n'),
    rows: [
      latencyRow(samples, 'p50Ms'),
      latencyRow(samples, 'p99Ms'),
      latencyRow([long], 'p50Ms', `, for ${longSeconds} s`),
      latencyRow([long], 'p99Ms', `, for ${longSeconds} s`),
      latencyRow([beside], 'p50Ms', `, for ${longSeconds} s beside an open transaction`),
      latencyRow([beside], 'p99Ms', `, for ${longSeconds} s beside an open transaction`),
      {
        ...{ measured: 'memory of the API per connected client', against: 'no baseline: kB', unit: 'kB' },
        ...{ value: spread([perClientKilobytes]), absolute: `${Math.round(perClientKilobytes)} kB`, baseline: '–' },
      },
    ],
  }
}

const latencyRow = (samples: readonly Sample[], by: 'p50Ms' | 'p99Ms', condition = ''): Row => ({
  measured: `commit to client at ${changesPerSecond}/s, ${by.slice(0, 3)}${condition}`,
  ...{ against: 'no baseline: ms', unit: 'ms', absolute: describe(samples), baseline: '–' },
  value: spread(samples.map((sample) => sample[by] ?? Number.NaN)),
  target: targets.feed[by],
})

/** Runs `work` while a transaction is open that has an id, as one that has written. */
async function besideOpenTransaction<T>(pool: Context['pool'], work: () => Promise<T>): Promise<T> {
  const session = await pool.connect()
  try {
    await session.query('begin')
    await session.query('select pg_current_xact_id()')
    return await work()
  } finally {
    await session.query('rollback')
    session.release()
  }
}

/** Creates the users, each with a goal. */
async function createUsers({ pool }: Context): Promise<User[]> {
  const ids = Array.from({ length: users }, (_, number) => idOf(3, number))
  const goalIds = ids.map((_, number) => idOf(4, number))
  await pool.query(
    `insert into goals (id, user_id, title)
     select id, user_id, 'Followed' from unnest($1::uuid[], $2::uuid[]) goal(id, user_id)`,
    [goalIds, ids],
  )
  const tokens = await signTokens(ids)
  return ids.map((id, number) => ({ id, goalId: goalIds[number] ?? '', token: tokens[number] ?? '' }))
}

/** Returns the memory of a process that has had time to collect its garbage. */
async function quietMegabytes({ pid }: Program): Promise<number> {
  await sleep(3_000)
  return residentMegabytes(pid).all
}

/** Opens the streams of all users. */
async function openClients({ port }: Program, everyone: readonly User[]) {
  const arrivals: Arrival[] = []
  const sockets: Socket[] = []
  const wanted = everyone.flatMap((user) => Array.from({ length: clientsPerUser }, () => user))
  while (sockets.length < wanted.length) {
    const some = wanted.slice(sockets.length, sockets.length + connectingAtATime)
    sockets.push(...(await Promise.all(some.map(({ token }) => openStream(port, token, arrivals)))))
  }
  return {
    sockets,
    arrivals,
    close(): void {
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Opens a stream, and notes the arrival of each event. Resolves when the stream is ready. */
function openStream(port: number, token: string, arrivals: Arrival[]): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream' }
  socket.write(requestBytes({ method: 'GET', path: '/v1/changes', headers }))
  let text = ''
  return new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.setEncoding('latin1').on('data', (part: string) => {
      const atMs = performance.timeOrigin + performance.now()
      const blocks = (text + part).split('\n\n')
      text = blocks.pop() ?? ''
      for (const block of blocks) {
        const eventId = /data: {"id":"([^"]+)"/.exec(block)?.[1]
        if (eventId) arrivals.push({ eventId, atMs })
        if (block.includes('event: ready')) resolve(socket)
      }
    })
  })
}

/** Creates tasks at a fixed rate, each in the goal of another user and with another assignee. */
async function sendChanges({ port }: Program, everyone: readonly User[], seconds: number): Promise<void> {
  const connections = await openConnections(port, 64)
  let place = 0
  await openLoop(changesPerSecond, seconds, async () => {
    const [owner, assignee] = [everyone[place++ % users], everyone[(place + users / 2) % users]]
    const response = await connections.send(
      requestBytes({
        ...{ method: 'POST', path: `/v1/goals/${owner?.goalId}/tasks` },
        headers: { authorization: `Bearer ${owner?.token}` },
        body: JSON.stringify({ ...newTask, assignedTo: assignee?.id }),
      }),
    )
    if (response?.status !== 201) throw new Error(`a create returned ${response?.status ?? 'nothing'}`)
  })
  connections.close()
}
