import { until } from '@goals-tasks/devstack/testing'
import { expect, onTestFinished, test, vi } from 'vitest'
import { connectAdmins, onEachDeployment } from './support/deployments.ts'
import { type OpenCache, openCache } from './support/open-cache.ts'

const page = (text: string) => ({ text, tag: 't', next: null })

async function readEntity(cache: OpenCache, id: string, text: string) {
  await cache.readEntity('goal', id, 'ada', async () => ({ version: 1, text, readers: ['ada'] }))
  await cache.fillsDone()
}

onEachDeployment(({ servers, fresh }) => {
  test('a text is stored only when it has at most 64 KB', async () => {
    const cache = await openCache(fresh())
    const list = (variant: string) => ({ groups: ['goals:user:ada'], variant, holder: 'ada' }) as const
    // An é has two bytes.
    await readEntity(cache, 'large', `${'é'.repeat(32 * 1_024)}.`)
    await cache.readList(list('large'), async () => page('.'.repeat(64 * 1_024 + 1)))
    await cache.fillsDone()
    expect(cache.counters).toMatchObject({ withoutRoom: 2, fills: 0 })
    await readEntity(cache, 'small', 'é'.repeat(32 * 1_024))
    await cache.readList(list('small'), async () => page('.'.repeat(64 * 1_024)))
    await cache.fillsDone()
    expect(cache.counters).toMatchObject({ withoutRoom: 2, fills: 2 })
  })

  test('a user has at most 256 stored pages, and each page is served as itself', async () => {
    const at = fresh()
    const cache = await openCache(at)
    const read = (n: number) =>
      cache.readList({ groups: [`tasks:goal:${n % 7}`], variant: `${n}`, holder: 'ada' }, async () => page(`page ${n}`))
    for (let round = 0; round < 2; round++)
      for (let from = 0; from < 600; from += 100) {
        const found = await Promise.all(Array.from({ length: 100 }, (_, i) => read(from + i)))
        expect(found.map(({ text }) => text)).toEqual(found.map((_, i) => `page ${from + i}`))
      }
    await cache.fillsDone()
    const keys = await Promise.all(connectAdmins(servers()).map((admin) => admin.keys(`${at.prefix}:lists:*`)))
    expect(keys.flat().length).toBeGreaterThan(200)
    expect(keys.flat().length).toBeLessThanOrEqual(256)
  })

  test('a fill is not sent while a Redis that does not evict uses over 70 % of its memory', async () => {
    const cache = await openCache(fresh())
    const admins = connectAdmins(servers())
    onTestFinished(async () => {
      for (const admin of admins) await admin.config('SET', 'maxmemory', '0')
    })
    /** Sets the memory limit so that Redis uses this share of it, and lets the cache look again. */
    const useShare = async (share: number, policy: 'noeviction' | 'allkeys-lru') => {
      for (const admin of admins) {
        const used = Number(/^used_memory:(\d+)/m.exec(await admin.info('memory'))?.[1])
        await admin.config('SET', 'maxmemory-policy', policy)
        await admin.config('SET', 'maxmemory', String(Math.round(used / share)))
      }
      vi.advanceTimersByTime(1_000)
    }
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => void vi.useRealTimers())
    await useShare(0.8, 'noeviction')
    await readEntity(cache, 'a', 'x')
    expect(cache.counters).toMatchObject({ withoutRoom: 1, fills: 0 })
    await useShare(0.8, 'allkeys-lru')
    await readEntity(cache, 'b', 'x')
    expect(cache.counters).toMatchObject({ withoutRoom: 1, fills: 1 })
    await useShare(0.5, 'noeviction')
    await readEntity(cache, 'c', 'x')
    expect(cache.counters).toMatchObject({ withoutRoom: 1, fills: 2 })
  })

  test('fills stop within megabytes when Redis fills up between two looks', async () => {
    const cache = await openCache(fresh())
    const admins = connectAdmins(servers())
    await readEntity(cache, 'first', 'x')
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(async () => {
      vi.useRealTimers()
      for (const admin of admins) await admin.config('SET', 'maxmemory', '0')
    })
    for (const admin of admins) {
      const used = Number(/^used_memory:(\d+)/m.exec(await admin.info('memory'))?.[1])
      await admin.config('SET', 'maxmemory-policy', 'noeviction')
      await admin.config('SET', 'maxmemory', String(Math.round(used / 0.8)))
    }
    let read = 0
    await until(async () => {
      await readEntity(cache, `${read++}`, 'x'.repeat(64_000))
      return cache.counters.withoutRoom > 0
    })
    expect(read).toBeLessThanOrEqual(20)
  })
})
