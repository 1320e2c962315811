import { pino } from 'pino'
import { expect, test } from 'vitest'
import { createRepeatedWarning } from './repeated-warning.ts'

function collectLevels() {
  const levels: string[] = []
  const outages: string[] = []
  const log = pino(
    { level: 'debug', formatters: { level: (level) => ({ level }) } },
    { write: (line: string) => void levels.push(JSON.parse(line).level) },
  )
  const postgresOutage = { failed: ({ message }: Error) => void outages.push(message) }
  const report = createRepeatedWarning({ consumer: 'sync', log, postgresOutage }, 'failed')
  return { levels, outages, report }
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

test('a pool without a free connection is an outage of Postgres', () => {
  const { levels, outages, report } = collectLevels()
  report(new Error('timeout exceeded when trying to connect'))
  expect({ levels, outages }).toEqual({ levels: ['debug'], outages: ['timeout exceeded when trying to connect'] })
})
