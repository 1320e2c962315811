import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { exitOf, spawnChild } from '../src/processes/child.ts'
import { endStaleProcess } from '../src/processes/stale-process.ts'
import { test as base } from './support/in-folder.ts'

const test = base.extend('pidFile', async ({ folder }) => join(folder, 'server.pid'))

/** Starts a Node that has finished its boot: a signal in the middle of it may be lost. */
async function startIdle(...args: string[]) {
  const child = spawnChild(process.execPath, ['-e', `console.log('ready'); setInterval(() => {}, 1000)`, ...args], {
    deathSignal: 'KILL',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  if (child.stdout) await once(child.stdout, 'data')
  return child
}

test('the server of an earlier run is ended and waited for when it still holds the folder', async ({
  folder,
  pidFile,
}) => {
  const server = await startIdle(folder)
  await writeFile(pidFile, `${server.pid}\n`)
  await endStaleProcess(pidFile, folder, 'SIGTERM')
  expect(await exitOf(server)).toEqual({ code: null, signal: 'SIGTERM' })
  expect(existsSync(pidFile)).toBe(false)
})

test('an unrelated process keeps running and the pid file is removed when an old file has its pid', async ({
  folder,
  pidFile,
}) => {
  const unrelated = await startIdle()
  await writeFile(pidFile, `${unrelated.pid}\n`)
  await endStaleProcess(pidFile, folder, 'SIGTERM')
  expect(existsSync(pidFile)).toBe(false)
  expect(unrelated.kill(0)).toBe(true)
  unrelated.kill('SIGKILL')
  expect(await exitOf(unrelated)).toEqual({ code: null, signal: 'SIGKILL' })
})

test('a folder without a pid file is free', async ({ folder, pidFile }) => {
  await endStaleProcess(pidFile, folder, 'SIGTERM')
})
