import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lockFolder } from './lock.ts'

let folder: string
let file: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-'))
  file = join(folder, 'start.pid')
})
afterEach(() => rm(folder, { recursive: true }))

test('a folder in use is refused with the pid of its user, until that one releases it', () => {
  const release = lockFolder(file)
  expect(() => lockFolder(file)).toThrow(`already running as pid ${process.pid}`)
  release()
  expect(existsSync(file)).toBe(false)
  lockFolder(file)
})

test('the lock of a dead process does not count', async () => {
  await writeFile(file, '4194305\n1\n')
  lockFolder(file)
  expect(await readFile(file, 'utf8')).toContain(String(process.pid))
})

test.runIf(process.platform === 'linux')('a lock whose pid came round to another process does not count', async () => {
  await writeFile(file, `${process.pid}\n1\n`)
  lockFolder(file)
})
