import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { connectionVariables, describeVariables, loadConnections } from './index.ts'

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
  expect(wrong).not.toThrow(/secret-port/)
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
