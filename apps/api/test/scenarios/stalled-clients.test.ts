import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { createCommit, createDatabase } from '@goals-tasks/db'
import { cleanUp, until } from '@goals-tasks/devstack/testing'
import { newGoal } from '@goals-tasks/events/testing'
import { userScopes } from '@goals-tasks/http'
import { expect, test } from 'vitest'
import { signToken } from '../support/token.ts'
import { startProcesses } from './feed/processes.ts'

const users = 20
const clientsPerUser = 10
/** Each client is sent far more than the service keeps for it, and more than the buffers of its connection take. */
const bytesPerClient = 8 * 1024 * 1024
/** The service keeps 256 KiB of unsent data. The pages that it reads, and their garbage, take more for a while. */
const maxResidentBytes = 2 * 1024 * 1024
/** A text of the largest size. */
const description = 'w'.repeat(10_000)

/** Opens a stream and reads nothing of it after its headers. */
function openStalled(url: string, token: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  const head = [`authorization: Bearer ${token}`, 'accept: text/event-stream', 'host: test']
  socket.write(`GET /v1/changes HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n`)
  socket.on('error', () => undefined)
  cleanUp(async () => socket.destroy())
  return new Promise((resolve) => {
    socket.once('data', () => {
      socket.pause()
      resolve(socket)
    })
  })
}

/** Returns the number of open streams of an API. */
async function countStreams(probeUrl: string): Promise<number> {
  const metrics = await (await fetch(`${probeUrl}/metrics`)).text()
  return Number(/^gt_feed_connections\{transport="event-stream"\} (.*)$/m.exec(metrics)?.[1])
}

const residentBytes = (pid: number) =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024

test.skipIf(process.platform !== 'linux')(
  'the memory of the API stays bounded when 200 clients take nothing, and then it closes them',
  async () => {
    const { databaseUrl, apis } = await startProcesses()
    const [api = expect.fail('an API runs')] = apis
    const { pid } = await api.program()
    const { pool, close } = createDatabase({ url: databaseUrl, poolSize: 8, name: 'test', onError: () => undefined })
    cleanUp(close)
    const ids = Array.from({ length: users }, () => randomUUID())
    const sockets: Socket[] = []
    for (const id of ids) {
      const token = await signToken(id, userScopes.join(' '))
      sockets.push(...(await Promise.all(Array.from({ length: clientsPerUser }, () => openStalled(api.url, token)))))
    }
    expect(await countStreams(api.probeUrl)).toBe(users * clientsPerUser)
    const before = residentBytes(pid)
    let highest = before
    const sampling = setInterval(() => {
      highest = Math.max(highest, residentBytes(pid))
    }, 100)
    cleanUp(async () => clearInterval(sampling))

    const { createGoal } = createCommit(pool, () => undefined)
    const create = (userId: string) =>
      createGoal({ values: newGoal({ userId, description }), metadata: { types: ['goal:created'], actorId: userId } })
    for (let sent = 0; sent < bytesPerClient; sent += description.length) await Promise.all(ids.map(create))

    await until(async () => (await countStreams(api.probeUrl)) === 0)
    expect((highest - before) / sockets.length).toBeLessThan(maxResidentBytes)
  },
)
