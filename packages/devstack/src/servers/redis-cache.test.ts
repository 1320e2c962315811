import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { test } from '../../test/support/in-folder.ts'
import { redisCacheDir } from './redis-cache.ts'

test('all data folders of a user share one cache', ({ folder }) => {
  const env = { XDG_CACHE_HOME: join(folder, 'cache') }
  const shared = join(folder, 'cache', 'goals-tasks')
  expect(redisCacheDir(join(folder, 'one'), env)).toBe(shared)
  expect(redisCacheDir(join(folder, 'two'), env)).toBe(shared)
})

test('a data folder is its own cache when it holds a Redis already', ({ folder }) => {
  mkdirSync(join(folder, 'redis-bin'))
  expect(redisCacheDir(folder, { XDG_CACHE_HOME: join(folder, 'cache') })).toBe(folder)
})

test('a data folder is its own cache when the cache of the user cannot be written to', ({ folder }) => {
  const file = join(folder, 'file')
  writeFileSync(file, '')
  expect(redisCacheDir(folder, { XDG_CACHE_HOME: file })).toBe(folder)
})
