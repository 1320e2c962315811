import { expect, test } from 'vitest'
import { createRegistry } from './metrics.ts'
import { answers, type Readiness, startProbes } from './probes.ts'

test('a degraded process is ready, and an unavailable process is alive but not ready', async () => {
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

test('the readiness is unavailable when its check throws, and the listener keeps running', async () => {
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

test('the probes listen only at the given address', async () => {
  const ready = async () => ({ status: 'ready', checks: {} }) as const
  const probes = await startProbes({ host: '127.0.0.2', port: 0, ready, registry: createRegistry() })
  try {
    expect((await fetch(`http://127.0.0.2:${probes.port}/healthz`)).status).toBe(200)
    await expect(fetch(`http://127.0.0.1:${probes.port}/healthz`)).rejects.toThrow()
  } finally {
    await probes.close()
  }
})

test('a response that is late counts as none, and so does an error', async () => {
  expect(await answers(new Promise(() => undefined), 1)).toBe(false)
  expect(await answers(Promise.reject(new Error('refused')))).toBe(false)
  expect(await answers(Promise.resolve('an answer'))).toBe(true)
})
