import { ownRedisCluster, until } from '@goals-tasks/devstack/testing'
import { type Cluster, Redis } from 'ioredis'
import { onTestFinished, test } from 'vitest'
import { connectWorker } from '../src/connection.ts'

const lastSlot = 16_383

test('an attempt of a worker to connect ends when it began while the cluster was down', async () => {
  const { url, nodes } = await ownRedisCluster()
  const clients = nodes.map((node) => new Redis(node.url))
  const shared = connectWorker(url, () => undefined) as Cluster
  // BullMQ duplicates the connection for its blocking reads.
  const blocking = shared.duplicate([], { lazyConnect: true })
  onTestFinished(() => {
    for (const client of [shared, blocking, ...clients]) client.disconnect()
  })
  // No node serves the slot.
  await Promise.all(clients.map((client) => client.cluster('DELSLOTS', lastSlot)))
  let isConnected = false
  void blocking.connect().then(() => {
    isConnected = true
  })
  await until(() => ['connect', 'ready'].includes(blocking.status))
  await clients.at(-1)?.cluster('ADDSLOTS', lastSlot)

  await until(() => isConnected)
  await until(() => blocking.set('key', 'value'))
})
