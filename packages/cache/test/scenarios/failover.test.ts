import { ownRedis, startTcpProxy, until } from '@goals-tasks/devstack/testing'
import { mastersOf } from '@goals-tasks/events'
import { expect, test } from 'vitest'
import { connectAdmins, onCluster } from '../support/deployments.ts'
import { openCache, shortLimits } from '../support/open-cache.ts'
import { createTaskFixture } from '../support/task-fixture.ts'

test('a cache uses the new master when its Redis becomes a replica and the connection stays open', async () => {
  const nodes = await Promise.all([ownRedis(), ownRedis()])
  const [old, next] = nodes
  const proxy = await startTcpProxy(old.url)
  const cache = await openCache({ url: proxy.url, prefix: 'p' })
  const { read, change } = createTaskFixture(cache, ['owner'])
  await read('owner')
  const [admin, nextAdmin] = connectAdmins({ nodes })
  await admin?.replicaof('127.0.0.1', Number(new URL(next.url).port))
  proxy.pointTo(next.url)
  expect(await change()).toBe(false)
  expect(await read('owner')).toMatchObject({ version: 2 })
  await until(() => cache.isUsed())
  expect(await read('owner')).toMatchObject({ version: 2 })
  await until(async () => ((await nextAdmin?.keys('p:*')) ?? []).includes('p:task:t'))
})

test('a cache is used again when its connection dies without a word', async () => {
  const server = await ownRedis()
  const proxy = await startTcpProxy(server.url)
  const cache = await openCache({ url: proxy.url, prefix: 'p' }, { limits: shortLimits })
  const { read, change } = createTaskFixture(cache, ['owner'])
  await read('owner')
  proxy.freeze()
  expect(await change()).toBe(false)
  expect(await read('owner')).toMatchObject({ version: 2 })
  await until(() => cache.isUsed())
  expect(await read('owner')).toMatchObject({ version: 2 })
})

onCluster(({ servers, fresh }) => {
  test('a cache opens new connections to the nodes of a cluster when they refuse its commands', async () => {
    const cache = await openCache(fresh())
    await cache.set('key', 'value')
    const connections = () => mastersOf(cache.redis)
    const before = connections()
    const admins = connectAdmins(servers())
    const forAll = (rule: string) => Promise.all(admins.map((admin) => admin.acl('SETUSER', 'default', rule)))
    await forAll('-set')
    await expect(cache.redis.set('key', 'value')).rejects.toThrow('NOPERM')
    await forAll('+set')
    await until(() => connections().some((connection) => !before.includes(connection)))
    await until(async () => (await cache.redis.set('key', 'value')) === 'OK')
  })
})
