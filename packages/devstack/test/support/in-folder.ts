import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test as base } from 'vitest'
import { cleanUp } from '../../src/testing/clean-up.ts'

/** Creates an empty folder that is removed with its content at the end of the test or fixture. */
export async function temporaryTestFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'devstack-'))
  cleanUp(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A test that has an empty `folder` of its own. */
export const test = base.extend('folder', temporaryTestFolder)
