import type { Readiness } from '@goals-tasks/observability'

const timeoutMs = 2_000

/**
 * Combines the readiness of `ops` with that of other processes. `urls` are their `/readyz` addresses, and each check is
 * named by host and port. The worst status is the status of all.
 */
export async function readyForAll(own: Readiness, urls: readonly string[]): Promise<Readiness> {
  const others = await Promise.all(urls.map(async (url) => [new URL(url).host, await fetchStatus(url)] as const))
  const statuses = [own.status, ...others.map(([, status]) => status)]
  const status = (['unavailable', 'degraded'] as const).find((worse) => statuses.includes(worse)) ?? 'ready'
  return { status, checks: { ...own.checks, ...Object.fromEntries(others) } }
}

/** A process that does not respond in time is unavailable. */
async function fetchStatus(url: string): Promise<Readiness['status']> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) })
    if (!response.ok) return 'unavailable'
    const { status } = (await response.json()) as Partial<Readiness>
    return status === 'degraded' ? 'degraded' : 'ready'
  } catch {
    return 'unavailable'
  }
}
