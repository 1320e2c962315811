import { type OwnServer, until } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import { adminsOf, onEachDeployment } from './support/deployments.ts'
import { openCache, patiently, shortly } from './support/open-cache.ts'
import { startWithOneTask } from './support/task-fixture.ts'

const strikes = {
  hangs: { begin: async (node: OwnServer) => node.pause(), end: async (node: OwnServer) => node.resume() },
  dies: { begin: (node: OwnServer) => node.kill(), end: (node: OwnServer) => node.start() },
}

onEachDeployment(({ isCluster, servers, fresh }) => {
  /** A place where the entity and the generation lie on two nodes, if there are several. */
  function findPlace() {
    const admins = adminsOf(servers())
    // Whoever has not got the key refers us to another node.
    const nodeOf = async (key: string) => {
      const asked = await Promise.allSettled(admins.map((admin) => admin.exists(key)))
      return servers().nodes.find((_, i) => asked[i]?.status === 'fulfilled')
    }
    return until(async () => {
      const at = fresh()
      const ofEntity = await nodeOf(`${at.prefix}:task:t`)
      const ofGeneration = await nodeOf(`${at.prefix}:generation`)
      if (!ofEntity || !ofGeneration || (isCluster && ofEntity === ofGeneration)) throw new Error('not here')
      const nodes = {
        Redis: servers().nodes,
        'the node of the entity': [ofEntity],
        'the node of the generation': [ofGeneration],
      }
      return { at, nodes }
    })
  }

  const struck = isCluster
    ? (['Redis', 'the node of the entity', 'the node of the generation'] as const)
    : (['Redis'] as const)
  const cases = struck.flatMap((which) => (['hangs', 'dies'] as const).map((what) => [which, what] as const))

  test.for(cases)(
    '%s %s: reads are loaded, a change that it does not confirm is told as missed; then it is back, and nobody sees anything older',
    async ([which, what]) => {
      const { at, nodes } = await findPlace()
      const other = await openCache(at)
      const cache = await openCache(at, { limits: shortly })
      const { read, change, record, loads } = startWithOneTask(cache, ['owner'])
      await read('owner')
      const elsewhere = () => other.readEntity('task', 't', 'owner', () => record.load('t', 'owner'))
      expect(await elsewhere()).toMatchObject({ version: 1 })
      expect(loads).toHaveLength(1)
      await Promise.all(nodes[which].map(strikes[what].begin))
      try {
        for (let i = 0; i < 8; i++) expect(await read('owner')).toMatchObject({ version: 1 })
        const confirmed = await change()
        // The node of the entity may have heard of it all the same, when only the generation is out of reach.
        if (which !== 'the node of the generation') expect(confirmed).toBe(false)
        expect(await read('owner')).toMatchObject({ version: 2 })
      } finally {
        await Promise.all(nodes[which].map(strikes[what].end))
      }
      await until(cache.isTrusted)
      expect(await read('owner')).toMatchObject({ version: 2 })
      expect(await elsewhere()).toMatchObject({ version: 2 })
      expect(loads.length).toBeGreaterThan(8)
      const { hits } = cache.parts.tally
      const versions = new Set<number | undefined>()
      await until(async () => {
        versions.add((await read('owner'))?.version)
        return cache.parts.tally.hits > hits
      })
      expect(versions).toEqual(new Set([2]))
    },
  )

  test.for(struck)('the connection to %s is lost, and all that the cache holds is void', async (which) => {
    const { at, nodes } = await findPlace()
    const cache = await openCache(at)
    const { read } = startWithOneTask(cache, ['owner'])
    await read('owner')
    const before = await cache.parts.generation.current()
    for (const admin of adminsOf({ nodes: nodes[which] }))
      await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    await until(() => cache.parts.tally.swaps > 0)
    expect(await cache.parts.generation.current()).not.toBe(before)
  })

  test('Redis is emptied while a fill is under way: what was read before is not seen after', async () => {
    const { read, change, readLate } = startWithOneTask(await openCache(fresh()), ['owner'])
    const landed = await readLate('owner')
    await change()
    await Promise.all(adminsOf(servers()).map((admin) => admin.flushall()))
    await landed()
    expect(await read('owner')).toMatchObject({ version: 2 })
  })

  test('a tombstone that Redis evicts lets no stale fill in', async () => {
    const cache = await openCache(fresh())
    const { read, change, readLate } = startWithOneTask(cache, ['owner'])
    const landed = await readLate('owner')
    await change()
    expect(await cache.redis.unlink(cache.parts.entries.key('task', 't'))).toBe(1)
    await landed()
    expect(cache.parts.tally.refused).toBe(1)
    expect(await read('owner')).toMatchObject({ version: 2 })
  })

  test('of processes that lost Redis together, one empties the cache for all', async () => {
    const at = fresh()
    const limits = { ...patiently, swapEveryMs: 300 }
    const processes = await Promise.all(Array.from({ length: 8 }, () => openCache(at, { limits })))
    await processes[0]?.readEntity('goal', 'g', 'a', async () => null)
    for (const { parts } of processes) parts.trust.distrust('a test')
    await until(() => processes.every(({ isTrusted }) => isTrusted()))
    // Whoever looked too late for the first needs a second.
    expect(processes.reduce((sum, { parts }) => sum + parts.tally.swaps, 0)).toBeLessThanOrEqual(2)
  })
})
