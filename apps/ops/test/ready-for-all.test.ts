import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { readyForAll } from '../src/status/ready-for-all.ts'

const own = { status: 'ready', checks: { postgres: 'ok' } } as const

/** Starts a process whose `/readyz` responds with this status. */
async function startProbe(statusCode: number, status: string) {
  const server = createServer((_request, response) => response.writeHead(statusCode).end(JSON.stringify({ status })))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () => void server.close()
  onTestFinished(close)
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return { host, url: `http://${host}/readyz`, close }
}

test('the processes are ready when each of them is, and each check is named by its address', async () => {
  const [api, worker] = [await startProbe(200, 'ready'), await startProbe(200, 'ready')]
  const combined = await readyForAll(own, [api.url, worker.url])
  const checks = { postgres: 'ok', [api.host]: 'ready', [worker.host]: 'ready' }
  expect(combined).toEqual({ status: 'ready', checks })
})

test('the processes have the status of the worst one', async () => {
  const degraded = await startProbe(200, 'degraded')
  const unavailable = await startProbe(503, 'unavailable')
  const stopped = await startProbe(200, 'ready')
  expect(await readyForAll(own, [degraded.url])).toMatchObject({ status: 'degraded' })
  expect(await readyForAll(own, [degraded.url, unavailable.url])).toMatchObject({ status: 'unavailable' })
  stopped.close()
  expect(await readyForAll(own, [stopped.url])).toMatchObject({
    status: 'unavailable',
    checks: { [stopped.host]: 'unavailable' },
  })
  expect(await readyForAll({ status: 'unavailable', checks: {} }, [])).toMatchObject({ status: 'unavailable' })
})
