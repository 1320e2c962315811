import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { releaseFolder } from './leftover.ts'
import { commandOf } from './process-table.ts'
import { until } from './testing.ts'
import { exitOf, spawnTied } from './tied-process.ts'

let folder: string
let pidFile: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'leftover-'))
  pidFile = join(folder, 'server.pid')
})
afterEach(() => rm(folder, { recursive: true }))

const idle = (...args: string[]) =>
  spawnTied(process.execPath, ['-e', 'setInterval(() => undefined, 1000)', ...args], {
    deathSignal: 'KILL',
    stdio: 'ignore',
  })

test('a server that an earlier run left on the folder is ended and waited for', async () => {
  const server = idle(folder)
  await until(() => commandOf(server.pid ?? 0)?.includes('setInterval'))
  await writeFile(pidFile, `${server.pid}\n`)
  await releaseFolder(pidFile, folder, 'SIGTERM')
  expect(await exitOf(server)).toEqual({ code: null, signal: 'SIGTERM' })
  expect(existsSync(pidFile)).toBe(false)
})

test('a stranger whose pid stands in an old pid file is left alone, and the file goes', async () => {
  const stranger = idle()
  await writeFile(pidFile, `${stranger.pid}\n`)
  await releaseFolder(pidFile, folder, 'SIGTERM')
  expect(existsSync(pidFile)).toBe(false)
  expect(stranger.kill(0)).toBe(true)
  stranger.kill('SIGKILL')
  expect(await exitOf(stranger)).toEqual({ code: null, signal: 'SIGKILL' })
})

test('a folder without a pid file is free', async () => {
  await releaseFolder(pidFile, folder, 'SIGTERM')
})
