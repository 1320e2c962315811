import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cleanUp } from '@goals-tasks/devstack/testing'

/** Creates a folder that is removed with the test. Its path is short enough for a Unix socket. */
export async function createFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'goals-tasks-test-'))
  cleanUp(() => rm(folder, { recursive: true, force: true }))
  return folder
}
