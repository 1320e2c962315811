import { expect, test } from 'vitest'
import { logCommands } from './support/command-log.ts'
import { onCluster } from './support/deployments.ts'
import { openCache } from './support/open-cache.ts'

// These tests apply to a cluster only. Every other test of the cache runs on a cluster as well.
onCluster(({ servers, fresh }) => {
  test('connectCache finds the whole cluster when it gets one node with a cluster scheme', async () => {
    const [node = ''] = servers().url.split(',')
    const cache = await openCache({ ...fresh(), url: node.replace('redis:', 'redis+cluster:') })
    for (const key of ['a', 'b', 'c', 'd']) await cache.set(key, key)
    for (const key of ['a', 'b', 'c', 'd']) expect(await cache.get(key)).toBe(key)
  })

  test('a script touches only the one key that it names when it fills, invalidates or bumps', async () => {
    const cache = await openCache(fresh())
    const load = async () => ({ version: 1, text: '{}', readers: ['ada'] })
    const ids = Array.from({ length: 200 }, (_, i) => `${i}`)
    const loggedCommands = await logCommands(servers())
    await Promise.all(ids.map((id) => cache.readEntity('task', id, 'ada', load)))
    await cache.readList({ groups: ['tasks:goal:1', 'tasks:user:ada'], variant: '', holder: 'ada' }, async () => ({
      text: '',
      tag: '',
      next: null,
    }))
    await cache.fillsDone()
    const entities = ids.map((id) => ({ kind: 'task' as const, id, version: 2 }))
    expect(await cache.invalidate({ entities, groups: ['tasks:goal:1', 'tasks:user:ada'] })).toBe(true)
    expect(await cache.parts.generation.bumpFrom(await cache.parts.generation.current())).toBe('bumped')

    let calls = 0
    let named: string | undefined
    for (const { name, args, isFromScript } of await loggedCommands())
      if (isFromScript && name !== 'time') expect(args[0]).toBe(named)
      else if (name === 'eval' || name === 'evalsha') {
        const [, count, key] = args
        expect(count).toBe('1')
        named = key
        calls++
      }
    // Fills, tombstones and a bump.
    expect(calls).toBe(200 + 200 + 1)
  })
})
