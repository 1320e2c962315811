import { setTimeout as sleep } from 'node:timers/promises'
import { cleanUp } from '@goals-tasks/devstack/testing'
import { type CacheState, readCacheState } from './cache-state.ts'
import type { Api } from './processes.ts'

export type MissedInvalidations = {
  /**
   * Returns whether any API had changes at that moment whose invalidation Redis had not confirmed. An API that died
   * with such changes counts as having them to the end: only the consumer `cache-invalidation` knows them.
   */
  wereMissedAt(atMs: number): boolean
}

type Sample = CacheState & { atMs: number }
type Period = { from: number; to: number }

const everyMs = 50
/** Another process may have read the older state just before the confirmation. */
const noticeMs = 1_000

/** Reads the state of the cache of each API again and again, until the end of the scenario. */
export function sampleMissedInvalidations(apis: readonly Api[]): MissedInvalidations {
  const stopping = new AbortController()
  const periods: Period[] = []
  const loops = apis.map((api) => sample(api, periods, stopping.signal))
  cleanUp(async () => {
    stopping.abort()
    await Promise.all(loops)
  })
  return { wereMissedAt: (atMs) => periods.some(({ from, to }) => from <= atMs && atMs <= to + noticeMs) }
}

async function sample(api: Api, periods: Period[], signal: AbortSignal): Promise<void> {
  let last: Sample = { atMs: Date.now(), missedInvalidations: 0, missedKeys: 0, isBypassed: false, life: api.life() }
  for (; !signal.aborted; await sleep(everyMs)) {
    const state = await readCacheState(api).catch(() => undefined)
    if (!state) continue
    const next = { ...state, atMs: Date.now() }
    const isSameProcess = next.life === last.life
    if (!isSameProcess && last.missedKeys > 0) periods.push({ from: last.atMs, to: Number.POSITIVE_INFINITY })
    const hasMissed = last.missedKeys > 0 || next.missedKeys > 0 || next.missedInvalidations > last.missedInvalidations
    if (isSameProcess && hasMissed) periods.push({ from: last.atMs, to: next.atMs })
    last = next
  }
}
