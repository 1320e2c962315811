import { expect, test } from 'vitest'
import { recordCommands } from './support/command-log.ts'
import { onCluster } from './support/deployments.ts'
import { openCache } from './support/open-cache.ts'

// What can only be told of a cluster: every other test of the cache runs on one anyway.
onCluster(({ servers, fresh }) => {
  test('one address is enough when its scheme says that it is a cluster', async () => {
    const [node = ''] = servers().url.split(',')
    const cache = await openCache({ ...fresh(), url: node.replace('redis:', 'redis+cluster:') })
    for (const key of ['a', 'b', 'c', 'd']) await cache.set(key, key)
    for (const key of ['a', 'b', 'c', 'd']) expect(await cache.get(key)).toBe(key)
  })

  test('a script names one key, and touches no other', async () => {
    const cache = await openCache(fresh())
    const load = async () => ({ version: 1, text: '{}', readers: ['ada'] })
    const ids = Array.from({ length: 200 }, (_, i) => `${i}`)
    const recorded = await recordCommands(servers())
    await Promise.all(ids.map((id) => cache.readEntity('task', id, 'ada', load)))
    await cache.readList(['tasks:goal:1', 'tasks:user:ada'], '', async () => ({ text: '', tag: '', next: null }))
    await cache.settled()
    const entities = ids.map((id) => ({ kind: 'task' as const, id, version: 2 }))
    expect(await cache.invalidate({ entities, groups: ['tasks:goal:1', 'tasks:user:ada'] })).toBe(true)
    expect(await cache.parts.generation.replace(await cache.parts.generation.current())).toBe('swapped')

    const perKind = new Map<string, number>()
    let named: string | undefined
    for (const { name, args, isFromScript } of await recorded())
      if (isFromScript && name !== 'time') expect(args[0]).toBe(named)
      else if (name === 'eval') {
        const [script = '', count, key] = args
        expect(count).toBe('1')
        named = key
        perKind.set(script, (perKind.get(script) ?? 0) + 1)
      }
    // Fills, tombstones and a swap: no kind was left out.
    expect([...perKind.values()]).toEqual(expect.arrayContaining([200, 200, 1]))
  })
})
