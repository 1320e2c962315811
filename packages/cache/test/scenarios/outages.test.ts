import { type OwnServer, until } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import { connectAdmins, onEachDeployment } from '../support/deployments.ts'
import { openCache, patientLimits, shortLimits } from '../support/open-cache.ts'
import { createTaskFixture } from '../support/task-fixture.ts'

const faults = {
  hangs: { begin: async (node: OwnServer) => node.pause(), end: async (node: OwnServer) => node.resume() },
  dies: { begin: (node: OwnServer) => node.kill(), end: (node: OwnServer) => node.start() },
}

onEachDeployment(({ isCluster, servers, fresh }) => {
  /** Finds a prefix for which the entity and the generation lie on different nodes, on a cluster. */
  function findPrefix() {
    const admins = connectAdmins(servers())
    // A node that does not serve the key redirects to another one, so the command fails.
    const nodeOf = async (key: string) => {
      const replies = await Promise.allSettled(admins.map((admin) => admin.exists(key)))
      return servers().nodes.find((_, i) => replies[i]?.status === 'fulfilled')
    }
    return until(async () => {
      const at = fresh()
      const entityNode = await nodeOf(`${at.prefix}:task:t`)
      const generationNode = await nodeOf(`${at.prefix}:generation`)
      if (!entityNode || !generationNode || (isCluster && entityNode === generationNode))
        throw new Error('both keys lie on the same node')
      const nodes = {
        Redis: servers().nodes,
        'the node of the entity': [entityNode],
        'the node of the generation': [generationNode],
      }
      return { at, nodes }
    })
  }

  const targets = isCluster
    ? (['Redis', 'the node of the entity', 'the node of the generation'] as const)
    : (['Redis'] as const)
  const cases = targets.flatMap((target) => (['hangs', 'dies'] as const).map((fault) => [target, fault] as const))

  test.for(cases)(
    'a cache loads reads, reports a missed change and serves nothing older afterwards when %s %s',
    async ([target, fault]) => {
      const { at, nodes } = await findPrefix()
      const other = await openCache(at)
      const cache = await openCache(at, { limits: shortLimits })
      const { read, change, database, loads } = createTaskFixture(cache, ['owner'])
      await read('owner')
      const readElsewhere = () => other.readEntity('task', 't', 'owner', () => database.load('t', 'owner'))
      expect(await readElsewhere()).toMatchObject({ version: 1 })
      expect(loads).toHaveLength(1)
      await Promise.all(nodes[target].map(faults[fault].begin))
      try {
        for (let i = 0; i < 8; i++) expect(await read('owner')).toMatchObject({ version: 1 })
        const isConfirmed = await change()
        // The node of the entity may confirm the change when only the generation is unreachable.
        if (target !== 'the node of the generation') expect(isConfirmed).toBe(false)
        expect(await read('owner')).toMatchObject({ version: 2 })
      } finally {
        await Promise.all(nodes[target].map(faults[fault].end))
      }
      await until(cache.isUsed)
      expect(await read('owner')).toMatchObject({ version: 2 })
      expect(await readElsewhere()).toMatchObject({ version: 2 })
      expect(loads.length).toBeGreaterThan(8)
      const { hits } = cache.counters
      const versions = new Set<number | undefined>()
      await until(async () => {
        versions.add((await read('owner'))?.version)
        return cache.counters.hits > hits
      })
      expect(versions).toEqual(new Set([2]))
    },
  )

  test.for(targets)('the cache bumps the generation when the connection to %s is lost', async (target) => {
    const { at, nodes } = await findPrefix()
    const cache = await openCache(at)
    const { read } = createTaskFixture(cache, ['owner'])
    await read('owner')
    const before = await cache.parts.generation.current()
    for (const admin of connectAdmins({ nodes: nodes[target] }))
      await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    await until(() => cache.counters.swaps > 0)
    expect(await cache.parts.generation.current()).not.toBe(before)
  })

  test('a read returns the new version when Redis is emptied before a late fill arrives', async () => {
    const { read, change, beginLateFill } = createTaskFixture(await openCache(fresh()), ['owner'])
    const finishLateFill = await beginLateFill('owner')
    await change()
    await Promise.all(connectAdmins(servers()).map((admin) => admin.flushall()))
    await finishLateFill()
    expect(await read('owner')).toMatchObject({ version: 2 })
  })

  test('a late fill is refused when Redis has evicted the tombstone', async () => {
    const cache = await openCache(fresh())
    const { read, change, beginLateFill } = createTaskFixture(cache, ['owner'])
    const finishLateFill = await beginLateFill('owner')
    await change()
    expect(await cache.redis.unlink(cache.parts.entries.key('task', 't'))).toBe(1)
    await finishLateFill()
    expect(cache.counters.refused).toBe(1)
    expect(await read('owner')).toMatchObject({ version: 2 })
  })

  test('one process empties the cache for all when eight lose Redis together', async () => {
    const at = fresh()
    const limits = { ...patientLimits, bumpIntervalMs: 300 }
    const processes = await Promise.all(Array.from({ length: 8 }, () => openCache(at, { limits })))
    await processes[0]?.readEntity('goal', 'g', 'a', async () => null)
    for (const { parts } of processes) parts.bypass.start('a test')
    await until(() => processes.every(({ isUsed }) => isUsed()))
    // A process that reads the generation only after the first bump needs a second one.
    expect(processes.reduce((sum, { counters }) => sum + counters.swaps, 0)).toBeLessThanOrEqual(2)
  })
})
