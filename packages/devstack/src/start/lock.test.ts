import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { test as base } from '../../test/support/in-folder.ts'
import { lockFolder } from './lock.ts'

const test = base.extend('file', async ({ folder }) => join(folder, 'start.pid'))

test('a locked folder is refused with the pid of its holder until the lock is released', ({ file }) => {
  const release = lockFolder(file)
  expect(() => lockFolder(file)).toThrow(`already running as pid ${process.pid}`)
  release()
  expect(existsSync(file)).toBe(false)
  lockFolder(file)
})

test('the lock of a process that has ended is ignored', async ({ file }) => {
  await writeFile(file, '4194305\n1\n')
  lockFolder(file)
  expect(await readFile(file, 'utf8')).toContain(String(process.pid))
})

test.runIf(process.platform === 'linux')(
  'a lock is ignored when another process has reused its pid',
  async ({ file }) => {
    await writeFile(file, `${process.pid}\n1\n`)
    lockFolder(file)
  },
)
