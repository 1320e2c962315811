import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { type Attack, flood, keepOpen } from './target.ts'

const head = 'POST /v1/goals HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 900\r\n'

/** Sends a byte every 500 ms until the connection closes. */
function trickle(socket: Socket): void {
  const bytes = setInterval(() => socket.write('1'), 500)
  socket.once('close', () => clearInterval(bytes))
}

const create = { method: 'POST', path: '/v1/goals' }
const bomb = gzipSync(Buffer.alloc(50_000_000, ' '))
const nested = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth)
const deepBodies = [
  nested('[', ']', 100_000),
  `{"title":"x","metadata":${nested('{"a":', '}', 20_000).replace('}', '1}')}}`,
  '['.repeat(250_000),
]
const manyIds = JSON.stringify(Array.from({ length: 6_000 }, () => randomUUID()))
const hugeArrays = [
  `{"title":"x","tags":${manyIds}}`,
  `{"title":"x","dependencies":${manyIds}}`,
  `{"title":"x","metadata":{"a":${manyIds}}}`,
]

/** Repeats that use one Idempotency-Key before the next one is taken. */
const repeats = 50

/** The attacks that run at the same time. `idleConnections` is as many as the process may open. */
export const attacksWith = (idleConnections: number): Record<string, Attack> => ({
  'slow headers': (target) =>
    keepOpen(target, 200, (socket) => {
      socket.write(`${head}X-Slow: `)
      trickle(socket)
    }),
  'slow bodies': (target) =>
    keepOpen(target, 50, (socket) => {
      socket.write(`${head}Authorization: Bearer ${target.token}\r\n\r\n`)
      trickle(socket)
    }),
  'idle connections': (target) => keepOpen(target, idleConnections, () => undefined),
  'compressed bombs': (target) =>
    flood(target, 2, () => ({ ...create, headers: { 'content-encoding': 'gzip' }, body: bomb })),
  'deep JSON': (target) => flood(target, 2, (n) => ({ ...create, body: deepBodies[n % deepBodies.length] ?? '' })),
  'huge arrays of ids': (target) =>
    flood(target, 2, (n) => ({ ...create, body: hugeArrays[n % hugeArrays.length] ?? '' })),
  'parallel retries': (target) => {
    const prefix = randomUUID()
    return flood(target, 10, (n) => {
      const key = `${prefix}-${Math.floor(n / repeats)}`
      return { ...create, headers: { 'idempotency-key': key }, body: JSON.stringify({ title: key }) }
    })
  },
  'token flood': (target) => {
    const tokens = [...target.badTokens, 'not-a-token', `${target.token}x`]
    return flood(target, 4, (n) => ({
      ...{ method: 'GET', path: '/v1/goals' },
      headers: { authorization: `Bearer ${tokens[n % tokens.length]}` },
    }))
  },
})
