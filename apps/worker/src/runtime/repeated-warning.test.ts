import { pino } from 'pino'
import { expect, test } from 'vitest'
import { createRepeatedWarning } from './repeated-warning.ts'

function collectLevels({ isAway = false } = {}) {
  const levels: string[] = []
  const log = pino(
    { level: 'debug', formatters: { level: (level) => ({ level }) } },
    { write: (line: string) => void levels.push(JSON.parse(line).level) },
  )
  const report = createRepeatedWarning({ consumer: 'sync', log, postgresOutage: { isAway: () => isAway } }, 'failed')
  return { levels, report }
}

test('an error is a warning once in its interval when a server answers', () => {
  const { levels, report } = collectLevels()
  for (let n = 0; n < 3; n++) report(new Error('OOM command not allowed'))
  expect(levels).toEqual(['warn'])
})

test('an error has the level debug when a server does not answer', () => {
  const { levels, report } = collectLevels()
  for (const message of ['Command timed out', 'Connection is closed.', 'Query read timeout']) report(new Error(message))
  expect(levels).toEqual(['debug', 'debug', 'debug'])
})

test.for([
  [true, 'debug'],
  [false, 'warn'],
] as const)('an exhausted pool has the right level when the outage of Postgres is %s', ([isAway, level]) => {
  const { levels, report } = collectLevels({ isAway })
  report(new Error('timeout exceeded when trying to connect'))
  expect(levels).toEqual([level])
})
