import { expect, test } from 'vitest'
import { createLogger } from './logger.ts'

test.for([
  { authorization: 'secret' },
  { cookie: 'secret' },
  { token: 'secret' },
  { password: 'secret' },
  { headers: { authorization: 'secret' } },
  { headers: { cookie: 'secret' } },
  { headers: { 'idempotency-key': 'secret' } },
  { req: { headers: { authorization: 'secret' } } },
  { req: { headers: { cookie: 'secret' } } },
])('a log line shows no secret of %j', (logged) => {
  const lines: string[] = []
  createLogger('test', 'info', { write: (line) => void lines.push(line) }).info(logged, 'a request')
  expect(lines).toHaveLength(1)
  expect(lines[0]).toContain('[redacted]')
  expect(lines[0]).not.toContain('secret')
})
