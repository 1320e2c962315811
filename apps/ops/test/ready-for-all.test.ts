import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { readyForAll } from '../src/status/ready-for-all.ts'

const own = { status: 'ready', checks: { postgres: 'ok' } } as const

/** A process whose probe answers this. */
async function probe(statusCode: number, status: string) {
  const server = createServer((_request, response) => response.writeHead(statusCode).end(JSON.stringify({ status })))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () => void server.close()
  onTestFinished(close)
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return { host, url: `http://${host}/readyz`, close }
}

test('the whole is ready when everybody is, each named by its address', async () => {
  const [api, worker] = [await probe(200, 'ready'), await probe(200, 'ready')]
  const whole = await readyForAll(own, [api.url, worker.url])
  expect(whole).toEqual({ status: 'ready', checks: { postgres: 'ok', [api.host]: 'ready', [worker.host]: 'ready' } })
})

test('the whole is as bad as the worst of them', async () => {
  const [degraded, unavailable, gone] = [
    await probe(200, 'degraded'),
    await probe(503, 'unavailable'),
    await probe(200, 'ready'),
  ]
  expect(await readyForAll(own, [degraded.url])).toMatchObject({ status: 'degraded' })
  expect(await readyForAll(own, [degraded.url, unavailable.url])).toMatchObject({ status: 'unavailable' })
  gone.close()
  expect(await readyForAll(own, [gone.url])).toMatchObject({
    status: 'unavailable',
    checks: { [gone.host]: 'unavailable' },
  })
  expect(await readyForAll({ status: 'unavailable', checks: {} }, [])).toMatchObject({ status: 'unavailable' })
})
