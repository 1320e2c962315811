import { connect } from 'node:net'
import { expect } from 'vitest'
import { test as base } from '../support/test.ts'

const test = base.extend('port', { scope: 'file' }, async ({ api }) =>
  Number(new URL(await api.app.listen({ host: '127.0.0.1', port: 0 })).port),
)

/** Sends bytes to the API. Returns everything that it sent, once it has closed the connection. */
const readAll = (port: number, request: string) =>
  new Promise<string>((resolve, reject) => {
    let response = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(request))
    socket.setEncoding('utf8').on('data', (text) => {
      response += text
    })
    socket.once('error', reject).once('close', () => resolve(response))
  })

async function exchange(port: number, request: string) {
  const [headers = '', body = ''] = (await readAll(port, request)).split('\r\n\r\n')
  const parsed: Record<string, unknown> = JSON.parse(body)
  return { status: Number(headers.split(' ')[1]), headers: headers.toLowerCase(), body: parsed }
}

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
  ['two Hosts', 'GET / HTTP/1.1\r\nhost: x\r\nHost: y\r\nconnection: close\r\n\r\n', 400, 'invalid-request'],
  ['HTTP/2.0', 'GET / HTTP/2.0\r\nhost: x\r\nconnection: close\r\n\r\n', 505, 'http-version-not-supported'],
  ['HTTP/3.5', 'GET / HTTP/3.5\r\nhost: x\r\n\r\n', 505, 'http-version-not-supported'],
  [
    'an unknown transfer coding',
    'POST /v1/goals HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    501,
    'not-implemented',
  ],
  [
    'an unknown expectation',
    'GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\nexpect: coffee\r\n\r\n',
    417,
    'expectation-failed',
  ],
] as const)('a request with %s gets a problem', async ([, request, status, code], { port }) => {
  const answer = await exchange(port, request)
  expect(answer).toMatchObject({ status, body: { status, code, type: `/problems/${code}` } })
  expect(answer.headers).toContain('content-type: application/problem+json')
  expect(answer.headers).toContain(`x-request-id: ${answer.body.traceId}`)
})

test('the expectation 100-continue is met', async ({ port }) => {
  const request = 'POST /v1/goals HTTP/1.1\r\nhost: x\r\nconnection: close\r\nexpect: 100-continue\r\n\r\n'
  const [interim, final] = (await readAll(port, request)).split('\r\n\r\n')
  expect(interim).toBe('HTTP/1.1 100 Continue')
  expect(final).toMatch(/^HTTP\/1.1 401 /)
})

test('a request of HTTP/1.0 needs no Host', async ({ port }) => {
  expect(await exchange(port, 'GET /v1/goals HTTP/1.0\r\n\r\n')).toMatchObject({
    status: 401,
    body: { code: 'unauthenticated' },
  })
})
