import pg from 'pg'
import { expect, test } from 'vitest'
import { ownPostgres, ownRedis } from '../src/testing/index.ts'
import { askRedis, query } from './support/ask.ts'

test('an own Postgres keeps its data over a stop and over a kill, and hangs while paused', async () => {
  const server = await ownPostgres()
  await query(server.url, 'create table kept ()')
  const found = () => query(server.url, `select to_regclass('kept')::text as found`)

  await server.stop()
  await expect(found()).rejects.toThrow('ECONNREFUSED')
  await server.start()
  await server.kill()
  await server.start()
  expect(await found()).toEqual([{ found: 'kept' }])

  const connected = new pg.Client({ connectionString: server.url, query_timeout: 500 })
  await connected.connect()
  server.pause()
  await expect(found()).rejects.toThrow(/timeout/)
  await expect(connected.query('select 1')).rejects.toThrow(/timeout/)
  server.resume()
  expect(await found()).toEqual([{ found: 'kept' }])
  await connected.end()
})

test('an own Redis keeps its data over a stop and hangs while paused', async () => {
  const server = await ownRedis()
  await askRedis(server.url, 'SET a 1')
  await server.stop()
  await expect(askRedis(server.url, 'GET a')).rejects.toThrow('ECONNREFUSED')
  await server.start()
  expect(await askRedis(server.url, 'GET a')).toBe('$1\r\n1')
  expect(await askRedis(server.url, 'CONFIG GET maxmemory-policy')).toContain('noeviction')

  server.pause()
  await expect(askRedis(server.url, 'PING')).rejects.toThrow('no answer')
  server.resume()
  expect(await askRedis(server.url, 'PING')).toBe('+PONG')
})
