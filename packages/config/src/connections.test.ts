import { parse } from 'pg-connection-string'
import Type from 'typebox'
import { expect, test } from 'vitest'
import { connectionVariables, loadConnections, samePortProblems } from './connections.ts'
import { describeVariables } from './load.ts'

const load = (env: Record<string, string>) =>
  loadConnections(connectionVariables, { REDIS_URL: 'redis://r', ...env }).connections
const parts = { DB_HOST: 'h', DB_PORT: '5432', DB_NAME: 'n', DB_USER: 'u', DB_PASSWORD: 'p@ss/word' }

test('a complete set of DB_* makes a URL with escaped credentials', () => {
  expect(load(parts).database.url).toBe('postgres://u:p%40ss%2Fword@h:5432/n')
})

test('DB_* reach the driver as they are', () => {
  const hostOf = (DB_HOST: string) => parse(load({ ...parts, DB_HOST }).database.url)
  expect(hostOf('::1')).toMatchObject({ host: '::1', port: '5432', user: 'u', password: 'p@ss/word', database: 'n' })
  expect(hostOf('/run/postgresql')).toMatchObject({ host: '/run/postgresql', database: 'n' })
  expect(parse(load({ ...parts, DB_NAME: 'a+b&c d:é' }).database.url).database).toBe('a+b&c d:é')
})

test('DB_HOST and DB_NAME are refused by name when no URL can hold them', () => {
  expect(() => load({ ...parts, DB_HOST: 'a,b', DB_NAME: 'x#y' })).toThrow(
    / {2}- DB_HOST names several hosts.*\n {2}- DB_NAME must not contain/,
  )
  expect(load({ ...parts, DB_HOST: 'a,b', DATABASE_URL: 'postgres://h/d' }).database.url).toBe('postgres://h/d')
})

test('DATABASE_URL overrides DB_*', () => {
  expect(load({ ...parts, DATABASE_URL: 'postgres://other/db' }).database.url).toBe('postgres://other/db')
})

test('an incomplete set of DB_* is refused with the missing names', () => {
  const { DB_NAME: _, DB_PASSWORD: __, ...half } = parts
  expect(() => load(half)).toThrow(/DB_NAME, DB_PASSWORD missing/)
  expect(() => load({})).toThrow(/DATABASE_URL is required/)
})

test('an error lists every problem by name and never contains a value', () => {
  const wrong = () =>
    loadConnections(connectionVariables, { DB_PORT: 'secret-port', LOG_LEVEL: 'loud', QUEUE_PREFIX: 'a:b' })
  expect(wrong).toThrow(/DB_PORT/)
  expect(wrong).toThrow(/LOG_LEVEL/)
  expect(wrong).toThrow(/QUEUE_PREFIX/)
  expect(wrong).toThrow(/REDIS_URL is required/)
  expect(wrong).toThrow(/DB_HOST, DB_NAME, DB_USER, DB_PASSWORD missing/)
  expect(wrong).not.toThrow(/secret-port/)
})

test('an error includes the problems that the check of a process finds', () => {
  const wrong = () =>
    loadConnections(connectionVariables, { REDIS_URL: 'nowhere', LOG_LEVEL: 'loud' }, () => ['A and B contradict'])
  for (const problem of ['REDIS_URL must', 'LOG_LEVEL', 'DATABASE_URL is required', 'A and B contradict'])
    expect(wrong).toThrow(problem)
})

test('a URL with the wrong scheme is refused by name, without its value', () => {
  for (const url of ['localhost:6379', 'redis:6379', 'http://me:secret@r', 'redis//me:secret@r']) {
    const wrong = () => loadConnections(connectionVariables, { ...parts, REDIS_URL: url, CACHE_REDIS_URL: url })
    expect(wrong, url).toThrow(/ {2}- REDIS_URL must be a URL that begins with redis/)
    expect(wrong, url).toThrow(/ {2}- CACHE_REDIS_URL must/)
    expect(wrong, url).not.toThrow(/secret/)
  }
  for (const url of ['mysql://h/d', 'h:5432/d', '/run/postgresql'])
    expect(() => load({ DATABASE_URL: url }), url).toThrow(/DATABASE_URL must be a URL that begins with postgres/)
  for (const url of ['postgresql://u:p@h:1/d', 'postgres:///d?host=/run/postgresql'])
    expect(load({ DATABASE_URL: url }).database.url).toBe(url)
})

test('an error lists the allowed values of a variable', () => {
  expect(() => load({ ...parts, NODE_ENV: 'prod' })).toThrow(/NODE_ENV must be one of development, test, production$/m)
})

test('a process whose probes have its own port is refused by both names', () => {
  expect(samePortProblems('PORT', 3_000, 3_000)).toEqual([expect.stringMatching(/^PORT and PROBE_PORT are the same/)])
  expect(samePortProblems('PORT', 3_000, 3_002)).toEqual([])
  expect(samePortProblems('PORT', 3_000, undefined)).toEqual([])
  expect(samePortProblems('PORT', 0, 0)).toEqual([])
})

test('HOST is a host name or an address without brackets and port', () => {
  for (const HOST of ['::1', '::', '127.0.0.1', 'localhost', 'api-1.internal', 'fe80::1%eth0'])
    expect(load({ ...parts, HOST }).host).toBe(HOST)
  for (const HOST of ['[::1]', 'localhost:3000', 'http://localhost', '*', '0.0.0.0/0'])
    expect(() => load({ ...parts, HOST }), HOST).toThrow(/HOST must be a host name or an address, without brackets/)
})

test('an integer is accepted as plain digits only', () => {
  for (const DB_POOL_SIZE of ['0x10', '1e1', '10.5', ' 10', 'ten', '10 '])
    expect(() => load({ ...parts, DB_POOL_SIZE }), DB_POOL_SIZE).toThrow(/DB_POOL_SIZE must be integer/)
  expect(load({ ...parts, DB_POOL_SIZE: '10' }).database.poolSize).toBe(10)
})

test('an empty variable counts as unset', () => {
  expect(load({ ...parts, DATABASE_URL: '', LOG_LEVEL: '' })).toMatchObject({
    logLevel: 'info',
    database: { poolSize: 16 },
  })
})

test('the cache uses the Redis of the queues unless CACHE_REDIS_URL is set', () => {
  expect(load(parts).cache.url).toBe('redis://r')
  expect(load({ ...parts, CACHE_REDIS_URL: 'redis://c' }).cache.url).toBe('redis://c')
})

test.for([
  ['', true],
  ['redis://:secret@R:6379/1', true],
  ['redis://r:6380', false],
  ['redis://c', false],
  ['redis://r,redis://c', false],
  ['redis+unix:///run/r.sock', false],
] as const)('the cache at %s shares the Redis of the queues: %s', ([CACHE_REDIS_URL, shares]) => {
  expect(load({ ...parts, CACHE_REDIS_URL }).cache.sharesRedis).toBe(shares)
})

test('a program loads the variables of its database alone when it needs no Redis', () => {
  const variables = Type.Pick(connectionVariables, ['NODE_ENV', 'LOG_LEVEL', 'DATABASE_URL', 'DB_POOL_SIZE'])
  const { database } = loadConnections(variables, { DATABASE_URL: 'postgres://h/d' }).connections
  expect(database.url).toBe('postgres://h/d')
})

test('every variable has a description', () => {
  for (const variable of describeVariables(connectionVariables))
    expect(variable.description, variable.name).not.toBe('')
})
