import { randomUUID } from 'node:crypto'
import { test as base } from 'vitest'
import { startTestApp, type TestAppOptions } from './test-app.ts'

const noOptions: TestAppOptions = {}

/** A `test` with one API per file, on an empty database, and with users of it. All of them live as long as the file. */
export const test = base
  // A file changes these by `test.override` before its first test.
  .extend('apiOptions', { scope: 'file' }, noOptions)
  .extend('api', { scope: 'file' }, async ({ apiOptions }, { onCleanup }) => {
    const api = await startTestApp(apiOptions)
    onCleanup(() => api.close())
    return api
  })
  .extend('ada', { scope: 'file' }, ({ api }) => api.as())
  .extend('bob', { scope: 'file' }, ({ api }) => api.as())
  .extend('eve', { scope: 'file' }, ({ api }) => api.as())
  .extend('admin', { scope: 'file' }, ({ api }) => api.as(randomUUID(), 'admin'))
