import { readFileSync } from 'node:fs'
import { migrate } from '@goals-tasks/db'
import { backUpPostgres, fileFixture, freshRedis, ownPrimary, ownRedis } from '@goals-tasks/devstack/testing'
import { test as base, expect } from 'vitest'
import { findLost, findStale } from '../support/processes/acknowledged.ts'
import { createSender, startWrites } from '../support/processes/failover-load.ts'
import { signToken } from '../support/processes/marked-requests.ts'
import { installProcesses } from '../support/processes/process-installation.ts'
import { copyRedis, folderOf, startFrom } from '../support/processes/redis-files.ts'
import { untilDrained } from '../support/rows.ts'

type Processes = Awaited<ReturnType<typeof installProcesses>>
const page = readFileSync(new URL('../../../../docs/operations.md', import.meta.url), 'utf8')

/** Returns the numbered steps of the section, as an operator reads them. */
function documentedSteps(): string[] {
  const [, rest = ''] = page.split('\n## Back up and restore\n')
  const [section = ''] = rest.split('\n## ')
  return [...section.matchAll(/^\d+\. (.*(?:\n {3}.*)*)/gm)].map(([, step = '']) => step)
}

/** Returns the commands of a step, each as its arguments. */
const commandsOf = (step: string): string[][] =>
  [...step.matchAll(/`npm run ([^`]+)`/g)].map(([, command = '']) =>
    [...command.replace(' -- ', ' ').matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? ''),
  )

/** A backup of Postgres and an older copy of Redis, both taken while clients wrote, and all that was acknowledged. */
async function backUpUnderLoad() {
  const [postgres, redis] = await Promise.all([ownPrimary(), ownRedis()])
  await migrate(postgres.url)
  const { prefix } = freshRedis()
  const processes = await installProcesses({ database: postgres, redis: { url: redis.url, prefix } })
  const [api, worker] = await Promise.all([processes.startApi(), processes.startWorker()])
  const send = createSender(await signToken('goals:read goals:write tasks:read'))
  const writes = startWrites([api.url, api.url], send)
  await writes.untilMore(100)
  const olderRedis = await copyRedis(redis)
  await writes.untilMore(50)
  const beforeBackup = [...writes.acknowledged]
  const backup = await backUpPostgres(postgres)
  await writes.untilMore(50)
  await writes.stop()
  const feed = (await send(`${api.url}/v1/changes`)) as unknown as { body: { page: { nextCursor: string } } }
  const stopAll = async () => {
    for (const { process } of [api, { process: worker }]) process.kill()
    await Promise.all([api.process.exit, worker.exit])
    await postgres.stop()
  }
  return {
    ...{ backup, olderRedis, redis, prefix, send, stopAll, beforeBackup },
    ...{ redisFolder: await folderOf(redis), acknowledged: writes.acknowledged, cursor: feed.body.page.nextCursor },
  }
}

const test = base.extend('saved', { scope: 'file' }, fileFixture(backUpUnderLoad))

/** Runs a command as the documentation says. The servers of the tests trade durability for speed. */
async function runCommand(processes: Processes, [name = '', ...args]: readonly string[]) {
  if (name === 'status') {
    await processes.endLeases()
    await untilDrained(processes)
  }
  const { code, document } = await processes.runCommand(name, ...args)
  const found = (document.findings ?? []) as { check?: string; state?: string }[]
  const wrong = found.filter(
    ({ check, state }) => state !== 'ok' && state !== 'warning' && !check?.endsWith('durability'),
  )
  expect({ name, wrong, faults: document.faults ?? [] }).toEqual({ name, wrong: [], faults: [] })
  if (name !== 'doctor') expect({ name, code }).toEqual({ name, code: 0 })
  return name
}

test.for(['nothing', 'an older file'] as const)(
  'the documented restore loses nothing before the backup and shows nothing after it when Redis begins with %s',
  async (from, { saved }) => {
    const { backup, olderRedis, redis, redisFolder, prefix, send, acknowledged, beforeBackup } = saved
    let processes: Processes | undefined
    let api = ''
    const done: string[] = []
    const actions: Record<string, () => Promise<unknown>> = {
      'Stop all processes': saved.stopAll,
      'Restore Postgres': async () => {
        processes = await installProcesses({ database: await backup.restore(), redis: { url: redis.url, prefix } })
      },
      'Start the Redis': () => startFrom(redis, { folder: redisFolder, copy: from === 'nothing' ? null : olderRedis }),
      'Start the processes': async () => {
        api = (await processes?.startApi())?.url ?? ''
        await processes?.startWorker()
      },
    }
    for (const step of documentedSteps()) {
      const [name, act] = Object.entries(actions).find(([start]) => step.startsWith(start)) ?? []
      await act?.()
      if (name) done.push(name)
      for (const command of commandsOf(step))
        done.push(await runCommand(processes ?? expect.fail('Postgres comes first'), command))
    }
    expect(done).toEqual([
      ...Object.keys(actions).slice(0, 3),
      'restored',
      'Start the processes',
      'doctor',
      'integrity',
      'status',
    ])
    const restored = processes ?? expect.fail('no step restored Postgres')

    expect(await findLost(restored, beforeBackup)).toEqual([])
    expect((await findLost(restored, acknowledged)).length).toBeGreaterThan(0)
    const ids = [...new Set(acknowledged.map(({ id }) => id))]
    expect(await findStale(restored, [api], send, ids)).toEqual([])
    expect(await send(`${api}/v1/changes?cursor=${saved.cursor}`)).toMatchObject({
      ...{ status: 410, body: { code: 'cursor-expired' } },
    })
    const { rows } = await restored.pool.query('select epoch from installation')
    expect(rows).toEqual([{ epoch: 2 }])
    const { document } = await restored.runCommand('integrity')
    expect(document).toMatchObject({ findings: [], cacheError: null })
    expect(await restored.pending()).toEqual({})
  },
)
