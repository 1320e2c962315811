import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { findService } from '../../src/demo/config.ts'

test('the service is the one that `start` runs, unless another one is named', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stack-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const running = { apiUrl: 'http://localhost:3000', databaseUrl: 'postgres://here/goals' }
  await writeFile(join(folder, 'stack.json'), JSON.stringify({ ...running, pid: 1 }))
  expect(findService({}, { DATA_DIR: folder })).toMatchObject(running)

  const env = { DATA_DIR: folder, DATABASE_URL: 'postgres://there/goals' }
  const other = { apiUrl: 'http://there:3000', databaseUrl: 'postgres://there/goals' }
  expect(findService({ api: 'http://there:3000' }, env)).toEqual(other)
  expect(findService({}, { ...env, API_URL: 'http://there:3000' })).toEqual(other)
})

test('an API that is named needs its database named, too', () => {
  expect(() => findService({ api: 'http://there:3000' }, {})).toThrow('DATABASE_URL is required')
})

test('where nothing runs, the way out is told', () => {
  expect(() => findService({}, { DATA_DIR: '/nowhere' })).toThrow('is `start` running')
})
