import { expect, test } from 'vitest'
import { createLogger } from './logger.ts'
import { serializeError } from './serialize-error.ts'

/** An error as the Postgres driver throws it. */
const violation = () =>
  Object.assign(new Error('duplicate key value violates unique constraint "goals_pkey"'), {
    code: '23505',
    severity: 'ERROR',
    detail: 'Key (title)=(a private title) already exists.',
    table: 'goals',
    constraint: 'goals_pkey',
    routine: '_bt_check_unique',
    where: 'a private place',
  })

test('a log line shows where Postgres refused a row, and no values of the row', () => {
  const logged = serializeError(violation())
  expect(logged).toEqual({
    type: 'Error',
    message: 'duplicate key value violates unique constraint "goals_pkey"',
    code: '23505',
    severity: 'ERROR',
    table: 'goals',
    constraint: 'goals_pkey',
    routine: '_bt_check_unique',
    stack: expect.stringContaining('serialize-error.test.ts'),
  })
})

test('a log line does not show the client of a lost connection', () => {
  const client = { processID: 17, secretKey: 4711, connectionParameters: { password: 'a password' } }
  const logged = serializeError(Object.assign(new Error('Connection terminated unexpectedly'), { client }))
  expect(Object.keys(logged)).toEqual(['type', 'message', 'stack'])
})

test('a log line does not show what other libraries add to their errors', () => {
  const added = {
    command: { name: 'set', args: ['key', 'a value'] },
    payload: { sub: 'a user' },
    rawPacket: Buffer.from('Authorization: Bearer secret'),
    code: { not: 'a text' },
  }
  expect(Object.keys(serializeError(Object.assign(new Error('x'), added)))).toEqual(['type', 'message', 'stack'])
})

test('a log line shows the chain of causes and the errors of an aggregate', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED ::1:5432'), { code: 'ECONNREFUSED', port: 5432 })
  const error = new TypeError('outer', { cause: new AggregateError([refused, violation()], 'all failed') })
  expect(serializeError(error)).toMatchObject({
    type: 'TypeError',
    cause: {
      type: 'AggregateError',
      message: 'all failed',
      errors: [{ code: 'ECONNREFUSED', port: 5432 }, { code: '23505' }],
    },
  })
})

test('a chain of causes ends when it is a circle', () => {
  const error = new Error('x')
  error.cause = error
  expect(JSON.stringify(serializeError(error)).match(/"type"/g)).toHaveLength(6)
})

test('a log line shows the first five errors of an aggregate', () => {
  const errors = Array.from({ length: 6 }, (_, i) => new Error(`error ${i}`))
  const { errors: logged } = serializeError(new AggregateError(errors))
  expect(logged).toMatchObject(errors.slice(0, 5).map(({ message }) => ({ message })))
})

test.for(['a text', undefined, null, 7, { secret: 'x' }])(
  'a thrown %j that is no error gets a type and a message',
  (thrown) => {
    expect(serializeError(thrown)).toEqual({ type: typeof thrown, message: expect.any(String) })
    expect(JSON.stringify(serializeError(thrown))).not.toContain('secret')
  },
)

test('a logger and its children write errors by the same members', () => {
  const lines: string[] = []
  const log = createLogger('test', 'info', { write: (line) => void lines.push(line) })
  log.error({ err: violation() }, 'failed')
  log.child({ traceId: 'x' }).error(violation())
  expect(lines).toHaveLength(2)
  for (const line of lines) {
    expect(JSON.parse(line).err).toMatchObject({ code: '23505', table: 'goals' })
    expect(line).not.toContain('private')
  }
})
