import { expect, test } from 'vitest'
import { findService } from '../../src/demo/config.ts'
import { writeStackFile } from '../support/stack-folder.ts'

test('the service is the one that `start` runs, unless the option or the environment names another one', async () => {
  const started = { apiUrl: 'http://localhost:3000', databaseUrl: 'postgres://here/goals' }
  const stack = await writeStackFile({ ...started, pid: 1 })
  expect(findService({}, stack)).toMatchObject(started)

  const env = { ...stack, DATABASE_URL: 'postgres://there/goals' }
  const other = { apiUrl: 'http://there:3000', databaseUrl: 'postgres://there/goals' }
  expect(findService({ api: 'http://there:3000' }, env)).toEqual(other)
  expect(findService({}, { ...env, API_URL: 'http://there:3000' })).toEqual(other)
})

test('the search fails when an API is named without its database', () => {
  expect(() => findService({ api: 'http://there:3000' }, {})).toThrow('DATABASE_URL is required')
})

test('the search asks whether `start` runs when nothing runs', () => {
  expect(() => findService({}, { DATA_DIR: '/nowhere' })).toThrow('is `start` running')
})
