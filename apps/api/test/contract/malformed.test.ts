import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp } from '../support/test-app.ts'

let api: Awaited<ReturnType<typeof startTestApp>>
let port: number
beforeAll(async () => {
  api = await startTestApp()
  port = Number(new URL(await api.app.listen({ host: '127.0.0.1', port: 0 })).port)
})
afterAll(() => api.close())

/** What the connection says until it closes. */
const exchange = (request: string) =>
  new Promise<{ status: number; headers: string; body: Record<string, unknown> }>((resolve, reject) => {
    let said = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(request))
    socket.setEncoding('utf8').on('data', (text) => {
      said += text
    })
    socket.once('error', reject).once('close', () => {
      const [headers = '', body = ''] = said.split('\r\n\r\n')
      resolve({ status: Number(headers.split(' ')[1]), headers: headers.toLowerCase(), body: JSON.parse(body) })
    })
  })

test.each([
  ['a method that nobody knows', 'BREW /v1/goals HTTP/1.1\r\nhost: x\r\n\r\n', 501, 'not-implemented'],
  ['headers without end', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headers-too-large'],
  ['what is not HTTP', 'hello\r\n\r\n', 501, 'not-implemented'],
  ['a header without a colon', 'GET / HTTP/1.1\r\nhost\r\n\r\n', 400, 'invalid-request'],
  ['no Host', 'GET / HTTP/1.1\r\nconnection: close\r\n\r\n', 400, 'invalid-request'],
  [
    'two lengths',
    'POST /v1/goals HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
    400,
    'invalid-request',
  ],
])('%s is answered with a problem', async (_what, request, status, code) => {
  const answer = await exchange(request)
  expect(answer).toMatchObject({ status, body: { status, code, type: `/problems/${code}` } })
  expect(answer.headers).toContain('content-type: application/problem+json')
  expect(answer.headers).toContain(`x-request-id: ${answer.body.traceId}`)
})
