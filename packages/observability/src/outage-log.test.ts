import { pino } from 'pino'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createOutageLog, createRedisOutageLogs } from './outage-log.ts'

/** Returns a log and the messages that it has got with the level info or above. */
function createLog() {
  const messages: string[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => void messages.push(JSON.parse(line).msg) })
  return { log, messages }
}

test('an outage logs one warning and one line at its end when it fails many times', () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const { log, messages } = createLog()
  const outage = createOutageLog(log, 'Redis', 'events wait in Postgres')
  outage.ready()
  expect(outage.isAway()).toBe(false)
  for (let n = 0; n < 100; n++) outage.failed(new Error('ECONNREFUSED'))
  expect(outage.isAway()).toBe(true)
  outage.ready()
  outage.ready()
  outage.failed(new Error('a late timeout'))
  expect(outage.isAway()).toBe(false)
  vi.advanceTimersByTime(5_000)
  outage.failed(new Error('ECONNRESET'))
  expect(messages).toEqual([
    'Redis does not answer; events wait in Postgres',
    'Redis is back',
    'Redis does not answer; events wait in Postgres',
  ])
})

test.for([
  [true, ['Redis does not answer; events wait, reads are slow', 'Redis is back']],
  [
    false,
    [
      'Redis does not answer; events wait',
      'the Redis of the cache does not answer; reads are slow',
      'Redis is back',
      'the Redis of the cache is back',
    ],
  ],
] as const)(
  'an outage of queues and cache logs a pair of lines per Redis when one Redis serves both: %s',
  ([isOne, expected]) => {
    const { log, messages } = createLog()
    const { queues, cache } = createRedisOutageLogs(log, {
      isOne,
      effects: { queues: 'events wait', cache: 'reads are slow' },
    })
    for (const outage of [queues, cache]) outage.failed(new Error('ECONNREFUSED'))
    for (const outage of [queues, cache]) outage.ready()
    expect(messages).toEqual(expected)
  },
)
