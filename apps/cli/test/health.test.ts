import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { runCli } from './support/run-cli.ts'

/** Starts probes whose process runs and is not ready. */
async function startProbes(): Promise<string> {
  const server = createServer(({ url }, response) => {
    response.writeHead(url === '/healthz' ? 200 : 503).end(`{"status":"${url === '/healthz' ? 'ok' : 'unavailable'}"}`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return String((server.address() as AddressInfo).port)
}

test('health prints the response of the probe, and exits with 1 when the process is not ready', async () => {
  const PROBE_PORT = await startProbes()
  const [running, ready] = await Promise.all([
    runCli({ PROBE_PORT }, 'health'),
    runCli({ PROBE_PORT }, 'health', '--ready'),
  ])
  expect(running).toEqual({ code: 0, stdout: '{"status":"ok"}', stderr: '' })
  expect(ready).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('/readyz responds 503') })
})

test('health exits with 1 when no process listens', async () => {
  expect(await runCli({ PROBE_PORT: '1' }, 'health')).toMatchObject({
    code: 1,
    stderr: 'http://127.0.0.1:1/healthz does not respond\n',
  })
})
