import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Type from 'typebox'
import { expect, test } from 'vitest'
import {
  connectionVariables,
  describeVariables,
  httpUrls,
  loadConnections,
  loadVariables,
  networks,
  origins,
} from './index.ts'

const load = (env: Record<string, string>) =>
  loadConnections(connectionVariables, { REDIS_URL: 'redis://r', ...env }).connections
const parts = { DB_HOST: 'h', DB_PORT: '5432', DB_NAME: 'n', DB_USER: 'u', DB_PASSWORD: 'p@ss/word' }

test('a whole set of DB_* makes a URL, with what needs escaping escaped', () => {
  expect(load(parts).database.url).toBe('postgres://u:p%40ss%2Fword@h:5432/n')
})

test('DATABASE_URL wins over DB_*', () => {
  expect(load({ ...parts, DATABASE_URL: 'postgres://other/db' }).database.url).toBe('postgres://other/db')
})

test('half a set is refused by the names that are missing', () => {
  const { DB_NAME: _, DB_PASSWORD: __, ...half } = parts
  expect(() => load(half)).toThrow(/DB_NAME, DB_PASSWORD missing/)
  expect(() => load({})).toThrow(/DATABASE_URL is required/)
})

test('every problem is told at once, by name, and never with the value', () => {
  const wrong = () =>
    loadConnections(connectionVariables, { DB_PORT: 'secret-port', LOG_LEVEL: 'loud', QUEUE_PREFIX: 'a:b' })
  expect(wrong).toThrow(/DB_PORT/)
  expect(wrong).toThrow(/LOG_LEVEL/)
  expect(wrong).toThrow(/QUEUE_PREFIX/)
  expect(wrong).toThrow(/REDIS_URL is required/)
  expect(wrong).toThrow(/DB_HOST, DB_NAME, DB_USER, DB_PASSWORD missing/)
  expect(wrong).not.toThrow(/secret-port/)
})

test('what a program checks beyond single variables is told in the same breath', () => {
  const wrong = () =>
    loadConnections(connectionVariables, { REDIS_URL: 'nowhere', LOG_LEVEL: 'loud' }, () => ['A and B contradict'])
  for (const problem of ['REDIS_URL must', 'LOG_LEVEL', 'DATABASE_URL is required', 'A and B contradict'])
    expect(wrong).toThrow(problem)
})

test('a URL of the wrong kind is refused by name, without its value', () => {
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

const takes = (form: ReturnType<typeof origins>, value: string) => {
  try {
    return loadVariables(Type.Object({ X: form }), { X: value }).X === value
  } catch {
    return false
  }
}

test('origins are what browsers send, networks what proxies live in, and lists are checked item by item', () => {
  const form = origins('x')
  expect(['https://a.example', 'http://localhost:5173, https://b.example'].filter((v) => !takes(form, v))).toEqual([])
  for (const value of ['a.example', '*', 'null', 'https://a.example/', 'https://A.example', 'https://a.example:443'])
    expect(takes(form, value), value).toBe(false)
  expect(takes(form, 'https://a.example,b')).toBe(false)

  const proxies = networks('x')
  for (const value of ['10.0.0.1', '10.0.0.0/8,fc00::/7', '::1', 'loopback, uniquelocal'])
    expect(takes(proxies, value), value).toBe(true)
  for (const value of ['true', '1', '10.0.0.0/33', '10.0.0/8', '10.0.0.0/8/8', 'proxy.example', '10.0.0.0/'])
    expect(takes(proxies, value), value).toBe(false)

  expect(takes(httpUrls('x'), 'http://a:1/readyz,https://b/readyz')).toBe(true)
  expect(takes(httpUrls('x'), 'http://a:1/readyz,b')).toBe(false)
})

test('an integer is plain digits', () => {
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

test('the cache has the Redis of the queues unless it has its own', () => {
  expect(load(parts).cache.url).toBe('redis://r')
  expect(load({ ...parts, CACHE_REDIS_URL: 'redis://c' }).cache.url).toBe('redis://c')
})

test('a secret may come from a file, but not from two places', () => {
  const folder = mkdtempSync(join(tmpdir(), 'config-'))
  try {
    const path = join(folder, 'password')
    writeFileSync(path, 'from a file\n')
    const { DB_PASSWORD: _, ...rest } = parts
    expect(load({ ...rest, DB_PASSWORD_FILE: path }).database.url).toContain('from%20a%20file')
    expect(() => load({ ...parts, DB_PASSWORD_FILE: path })).toThrow(/DB_PASSWORD and DB_PASSWORD_FILE are both set/)
    expect(() => load({ ...rest, DB_PASSWORD_FILE: join(folder, 'nowhere') })).toThrow(
      /DB_PASSWORD_FILE cannot be read/,
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('every variable says what it is for', () => {
  for (const variable of describeVariables(connectionVariables))
    expect(variable.description, variable.name).not.toBe('')
})
