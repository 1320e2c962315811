import { setImmediate } from 'node:timers/promises'
import { cleanUp, ownRedis, startTcpProxy, until } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import { connectProducer, connectWorker } from '../../src/connection.ts'
import type { AnyRedis } from '../../src/open-redis.ts'

type Connect = typeof connectProducer

/** Opens a connection that closes with the test. Resolves when it is ready. */
async function open(connect: Connect, url: string): Promise<AnyRedis> {
  const connection = connect(url, () => undefined)
  cleanUp(async () => connection.disconnect())
  await until(() => connection.status === 'ready')
  return connection
}

/** Starts a master and a replica of it. */
async function startReplica() {
  const [master, replica] = await Promise.all([ownRedis(), ownRedis()])
  const admin = await open(connectProducer, replica.url)
  await admin.replicaof('127.0.0.1', Number(new URL(master.url).port))
  return { master, replica }
}

const connects: [string, Connect][] = [
  ['a producer', connectProducer],
  ['a worker', connectWorker],
]

test.for(connects)('the connection of %s reaches the new master when its server was demoted', async ([, connect]) => {
  const { master, replica } = await startReplica()
  const proxy = await startTcpProxy(replica.url)
  const connection = await open(connect, proxy.url)
  proxy.pointTo(master.url)
  await expect(connection.set('key', 'value')).rejects.toThrow('READONLY')
  await until(async () => (await connection.set('key', 'value')) === 'OK')
})

test('a connection is closed at most once per second when its server stays a replica', async () => {
  const { replica } = await startReplica()
  const connection = await open(connectProducer, replica.url)
  let closed = 0
  connection.on('close', () => closed++)
  const startedAt = performance.now()
  let refused = 0
  while (closed < 3) {
    await connection.set('key', 'value').catch(() => refused++)
    await setImmediate()
  }
  expect(refused).toBeGreaterThan(20)
  // The intervals between the three: a slow machine makes them longer, never shorter.
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(2_000)
})

test.for(connects)('the connection of %s is replaced when it dies without a word', async ([, connect]) => {
  const server = await ownRedis()
  const proxy = await startTcpProxy(server.url)
  const connection = await open(connect, proxy.url)
  const id = await connection.client('ID')
  proxy.freeze()
  // The command of a worker is sent again on the new connection. The one of a producer fails after a second.
  const newId = () => connection.client('ID').catch(() => id)
  await until(async () => (await newId()) !== id)
})

test('the connection of a worker stays open when a blocking read takes as long as it may', async () => {
  const server = await ownRedis()
  const connection = await open(connectWorker, server.url)
  const id = await connection.client('ID')
  expect(await connection.bzpopmin('nothing', 10)).toBeNull()
  expect(await connection.client('ID')).toBe(id)
})
