import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readStackFile, StackFile } from '@goals-tasks/config/stack-file'
import getPort, { portNumbers } from 'get-port'
import { test as base } from 'vitest'
import { commandOf } from '../../src/processes/process-table.ts'
import { fileFixture, type LogLine, type Program, startProcess } from '../../src/testing/index.ts'
import { temporaryTestFolder } from './in-folder.ts'

/** A data folder for `start`, shared by the tests of a file. */
export type Installation = {
  folder: string
  /** Runs `start` of this repository, or the one at `path`. */
  launch(env?: Record<string, string>, args?: string[], path?: string): Program
  /** Returns a token for the user that the log line `ready` names. */
  tokenOf(access: LogLine): Promise<string>
  readStack(): StackFile
  /** The pids of Postgres and Redis. */
  serverPids(): Promise<number[]>
}

export const test = base.extend(
  'installation',
  { scope: 'file' },
  fileFixture(async (): Promise<Installation> => {
    const folder = await temporaryTestFolder()
    const port = String(await getPort({ port: portNumbers(firstPort(), 29_500) }))
    const files = [join(folder, 'pg/postmaster.pid'), join(folder, 'redis/redis.pid')]
    return {
      folder,
      launch: (env, args, path = 'packages/devstack/start.js') =>
        startProcess(path, { NODE_ENV: '', DATA_DIR: folder, PORT: port, ...env }, args),
      async tokenOf({ userId }) {
        const token = startProcess('apps/cli/src/main.ts', { DATA_DIR: folder }, ['token', '--sub', String(userId)])
        await token.exit
        return token.stdout()
      },
      readStack: () => readStackFile(folder, StackFile),
      serverPids: () => Promise.all(files.map(async (file) => Number.parseInt(await readFile(file, 'utf8'), 10))),
    }
  }),
)

/**
 * Returns the first of a hundred ports that no other `start` uses while this one is down between two launches. The test
 * files that run at the same time have different pool ids, and two runs of the suite mostly have different parents.
 */
const firstPort = () => 20_000 + ((process.ppid % 30) * 3 + (Number(process.env.VITEST_POOL_ID) % 3)) * 100

/** Waits until everything is ready. Returns the log line with the addresses. */
export const ready = (start: Program): Promise<LogLine> =>
  start.waitForLog((line) => line.msg === 'ready' && 'apiUrl' in line)

export const alive = (pids: readonly number[]) => pids.filter((pid) => commandOf(pid) !== undefined)
