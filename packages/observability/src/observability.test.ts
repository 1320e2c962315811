import { expect, test } from 'vitest'
import { createRegistry, type Readiness, throttled } from './index.ts'
import { startProbes } from './probes.ts'

test('the probes tell alive from ready, and degraded still takes traffic', async () => {
  let status: Readiness['status'] = 'ready'
  const probes = await startProbes({ port: 0, ready: async () => ({ status, checks: {} }), registry: createRegistry() })
  const get = (path: string) => fetch(`http://127.0.0.1:${probes.port}${path}`)
  try {
    expect((await get('/readyz')).status).toBe(200)
    status = 'degraded'
    expect((await get('/readyz')).status).toBe(200)
    status = 'unavailable'
    expect((await get('/readyz')).status).toBe(503)
    expect((await get('/healthz')).status).toBe(200)
    expect(await (await get('/metrics')).text()).toContain('process_cpu_seconds_total')
    expect((await get('/nothing')).status).toBe(404)
  } finally {
    await probes.close()
  }
})

test('a readiness check that throws is not ready, and the listener lives on', async () => {
  const ready = () => Promise.reject(new Error('no idea'))
  const probes = await startProbes({ port: 0, ready, registry: createRegistry() })
  try {
    const response = await fetch(`http://127.0.0.1:${probes.port}/readyz`)
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ status: 'unavailable', checks: { probe: 'no idea' } })
    expect((await fetch(`http://127.0.0.1:${probes.port}/healthz`)).status).toBe(200)
  } finally {
    await probes.close()
  }
})

test('the probes listen at the given address only', async () => {
  const ready = async () => ({ status: 'ready', checks: {} }) as const
  const probes = await startProbes({ host: '127.0.0.2', port: 0, ready, registry: createRegistry() })
  try {
    expect((await fetch(`http://127.0.0.2:${probes.port}/healthz`)).status).toBe(200)
    await expect(fetch(`http://127.0.0.1:${probes.port}/healthz`)).rejects.toThrow()
  } finally {
    await probes.close()
  }
})

test('a throttled report comes through once in its time', () => {
  const heard: number[] = []
  const report = throttled(60_000, (n: number) => heard.push(n))
  for (let n = 0; n < 100; n++) report(n)
  expect(heard).toEqual([0])
})
