import { connect } from 'node:net'
import { expect } from 'vitest'
import { test as base } from '../support/test.ts'

const test = base.extend('port', { scope: 'file' }, async ({ api }) =>
  Number(new URL(await api.app.listen({ host: '127.0.0.1', port: 0 })).port),
)

/** Sends bytes to the API. Returns the response, once the API has closed the connection. */
const exchange = (port: number, request: string) =>
  new Promise<{ status: number; headers: string; body: Record<string, unknown> }>((resolve, reject) => {
    let response = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(request))
    socket.setEncoding('utf8').on('data', (text) => {
      response += text
    })
    socket.once('error', reject).once('close', () => {
      const [headers = '', body = ''] = response.split('\r\n\r\n')
      resolve({ status: Number(headers.split(' ')[1]), headers: headers.toLowerCase(), body: JSON.parse(body) })
    })
  })

test.for([
  ['an unknown method', 'BREW /v1/goals HTTP/1.1\r\nhost: x\r\n\r\n', 501, 'not-implemented'],
  ['an endless header', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headers-too-large'],
  ['a text that is not HTTP', 'hello\r\n\r\n', 501, 'not-implemented'],
  ['a header without a colon', 'GET / HTTP/1.1\r\nhost\r\n\r\n', 400, 'invalid-request'],
  ['no Host', 'GET / HTTP/1.1\r\nconnection: close\r\n\r\n', 400, 'invalid-request'],
  [
    'two lengths',
    'POST /v1/goals HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
    400,
    'invalid-request',
  ],
] as const)('a request with %s gets a problem', async ([, request, status, code], { port }) => {
  const answer = await exchange(port, request)
  expect(answer).toMatchObject({ status, body: { status, code, type: `/problems/${code}` } })
  expect(answer.headers).toContain('content-type: application/problem+json')
  expect(answer.headers).toContain(`x-request-id: ${answer.body.traceId}`)
})
