import type { Api } from './processes.ts'

export type CacheState = {
  /** Counts the invalidations that Redis did not confirm in time, since the start of the process. */
  missedInvalidations: number
  missedKeys: number
  isBypassed: boolean
  /** The life of the process. */
  life: number
}

const timeoutMs = 2_000

/** Reads the state of an API's cache from its metrics. @throws Error when the API does not answer */
export async function readCacheState(api: Api): Promise<CacheState> {
  const life = api.life()
  const response = await fetch(`${api.probeUrl}/metrics`, { signal: AbortSignal.timeout(timeoutMs) })
  const metrics = await response.text()
  const value = (name: string) => Number(metrics.split(`\n${name} `)[1]?.split('\n')[0] ?? 0)
  return {
    life,
    missedInvalidations: value('gt_cache_invalidations_total{outcome="missed"}'),
    missedKeys: value('gt_cache_missed_keys'),
    isBypassed: metrics.includes('\ngt_cache_trusted 0'),
  }
}
