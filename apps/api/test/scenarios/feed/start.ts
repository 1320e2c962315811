import { randomUUID } from 'node:crypto'
import { cleanUp, until } from '@goals-tasks/devstack/testing'
import { userScopes } from '@goals-tasks/http'
import pg from 'pg'
import { signToken } from '../../support/token.ts'
import { startClient, transports } from './clients.ts'
import { type User, type Writer, writeFast, writeSlowly } from './load.ts'
import { type ProcessOptions, startProcesses } from './processes.ts'
import { createRandom } from './random.ts'

export type Feed = Awaited<ReturnType<typeof startFeed>>

type Options = ProcessOptions & { seed: number; users: number; clientsPerUser: number }

/** Starts the processes, and clients of each user on all transports. They end with the test. */
export async function startFeed({ seed, users: count, clientsPerUser, ...options }: Options) {
  const processes = await startProcesses(options)
  const urls = processes.apis.map(({ url }) => url)
  const pool = openPool(processes.databaseUrl)
  const users = await Promise.all(Array.from({ length: count }, createUser))
  const clients = await Promise.all(
    users.flatMap(({ id: userId, token }, user) =>
      Array.from({ length: clientsPerUser }, (_, place) => {
        const transport = transports[(user + place) % transports.length] ?? 'pages'
        return startClient({ transport, userId, token, urls, random: createRandom(seed + user * 100 + place + 1) })
      }),
    ),
  )
  const progress = { written: 0 }
  const writers: Writer[] = users.map((user, i) => ({
    user,
    users,
    urls,
    progress,
    random: createRandom(seed - i - 1),
  }))
  return { seed, processes, pool, users, clients, writers, progress }
}

/** Opens a pool whose transactions may stay open as long as the test. */
function openPool(connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString, max: 16 })
  cleanUp(() => pool.end())
  return pool
}

async function createUser(): Promise<User> {
  const id = randomUUID()
  return { id, token: await signToken(id, userScopes.join(' ')) }
}

/** The slow transactions stay open at the same time, up to this number. */
const slowAtATime = 10

type Load = { fast: number; slow: number }

/** Writes over the APIs, while slow transactions stay open, each for another number of the fast writes. */
export async function writeAll({ seed, pool, users, writers, progress }: Feed, { fast, slow }: Load): Promise<void> {
  const random = createRandom(seed)
  const hold = async () => {
    const end = Math.min(fast, progress.written + random.below(fast / 5))
    await until(() => progress.written >= end)
  }
  const writeSome = async () => {
    for (let i = 0; i < slow / slowAtATime; i++) await writeSlowly(pool, random.pick(users).id, hold)
  }
  await Promise.all([
    ...writers.map((writer) => writeFast(writer, fast / writers.length)),
    ...Array.from({ length: slowAtATime }, writeSome),
  ])
}

/** Runs `work` while a transaction of a user stays open, which has written a goal. */
export async function whileOpen({ pool, users }: Feed, work: () => Promise<void>): Promise<void> {
  const { promise: held, resolve: end } = Promise.withResolvers<void>()
  const { promise: open, resolve: reportOpen } = Promise.withResolvers<void>()
  const slow = writeSlowly(pool, users[0]?.id ?? '', () => {
    reportOpen()
    return held
  })
  try {
    await open
    await work()
  } finally {
    end()
    await slow
  }
}
