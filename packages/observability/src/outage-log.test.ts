import { pino } from 'pino'
import { expect, test } from 'vitest'
import { createOutageLog } from './outage-log.ts'

test('an outage logs one warning and one line at its end when it fails many times', () => {
  const lines: string[] = []
  const log = pino({ level: 'info', base: null }, { write: (line: string) => void lines.push(line) })
  const outage = createOutageLog(log, 'Redis', 'events wait in Postgres')
  outage.ready()
  for (let n = 0; n < 100; n++) outage.failed(new Error('ECONNREFUSED'))
  outage.ready()
  outage.ready()
  outage.failed(new Error('ECONNRESET'))
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual([
    'Redis does not answer; events wait in Postgres',
    'Redis is back',
    'Redis does not answer; events wait in Postgres',
  ])
})
