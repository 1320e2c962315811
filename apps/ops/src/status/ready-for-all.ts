import type { Readiness } from '@goals-tasks/observability'

const timeoutMs = 2_000

/** This process' readiness and that of the processes behind `urls`, each named by its address: the worst of them is the whole's. */
export async function readyForAll(own: Readiness, urls: readonly string[]): Promise<Readiness> {
  const others = await Promise.all(urls.map(async (url) => [new URL(url).host, await askReadiness(url)] as const))
  const statuses = [own.status, ...others.map(([, status]) => status)]
  const status = (['unavailable', 'degraded'] as const).find((worse) => statuses.includes(worse)) ?? 'ready'
  return { status, checks: { ...own.checks, ...Object.fromEntries(others) } }
}

async function askReadiness(url: string): Promise<Readiness['status']> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) })
    if (!answer.ok) return 'unavailable'
    const { status } = (await answer.json()) as Partial<Readiness>
    return status === 'degraded' ? 'degraded' : 'ready'
  } catch {
    return 'unavailable'
  }
}
