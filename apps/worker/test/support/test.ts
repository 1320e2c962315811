import { test as base } from 'vitest'
import { createInstallation } from './installation.ts'
import { createWriter } from './writer.ts'

/** Each test gets an installation of its own: the tests count the rows of a whole database. */
export const test = base
  .extend('installation', () => createInstallation())
  .extend('write', ({ installation }) => createWriter(installation.pool))
