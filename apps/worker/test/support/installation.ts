import { Writable } from 'node:stream'
import { createDatabase } from '@goals-tasks/db'
import { freshDatabase, freshRedis, until } from '@goals-tasks/devstack/testing'
import { connectProducer, createDispatcher } from '@goals-tasks/events'
import pino from 'pino'
import { onTestFinished } from 'vitest'

export type LogLine = { level: string; msg: string; consumer?: string; eventId?: string; attempt?: number } & Record<
  string,
  unknown
>
export type Installation = Awaited<ReturnType<typeof createInstallation>>

/**
 * A database, a key prefix in Redis, a dispatcher, and a log whose lines a test can read. Everything closes with the
 * test. With `redisUrl` the test owns that Redis, which may be away: the installation then does not wait for it.
 */
export async function createInstallation(own: { databaseUrl?: string; redisUrl?: string } = {}) {
  const url = own.databaseUrl ?? (await freshDatabase()).url
  const { url: sharedRedis, prefix } = freshRedis()
  const redisUrl = own.redisUrl ?? sharedRedis
  const database = createDatabase({ url, poolSize: 10, name: 'test', onError: () => undefined })
  const producer = connectProducer(redisUrl, () => undefined)
  const lines: LogLine[] = []
  const log = createCollectingLog(lines)
  const dispatcher = createDispatcher({ connection: producer, prefix, log })
  const closing: (() => Promise<unknown>)[] = []
  onTestFinished(async () => {
    await Promise.all(closing.map((close) => close()))
    await dispatcher.close()
    producer.disconnect()
    await database.close()
  })
  // Without a connection the dispatcher leaves events to the sweeper, which takes longer than a test may.
  if (own.redisUrl === undefined) await until(() => producer.status === 'ready')
  return {
    url,
    redisUrl,
    prefix,
    pool: database.pool,
    producer,
    dispatcher,
    lines,
    log,
    /** Closes before the connections when the test has finished. */
    closeFirst: (close: () => Promise<unknown>) => void closing.unshift(close),
  }
}

function createCollectingLog(lines: LogLine[]) {
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)))
      done()
    },
  })
  return pino({ level: 'debug', formatters: { level: (label) => ({ level: label }) } }, sink)
}
