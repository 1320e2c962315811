import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { until } from '../../src/testing/index.ts'
import { copyRepository } from '../support/repository-copy.ts'
import { alive, ready, test } from '../support/start.ts'

test('dev restarts only the processes that import a changed file, and leaves no process behind', async ({
  installation: { folder, launch, readStack, serverPids },
}) => {
  const repository = join(folder, 'repository')
  await copyRepository(repository)
  const dev = launch({}, ['', '--watch'], join(repository, 'packages/devstack/start.js'))
  await ready(dev)
  const restarts = () => dev.logs.flatMap(({ msg = '' }) => (msg.includes(' restarts: ') ? [msg] : []))
  const readyLines = (name: string) => dev.logs.filter((line) => line.name === name && line.msg === 'ready').length
  const change = (file: string) => appendFile(join(repository, file), '// changed\n')
  const before = readStack().processes

  await change('apps/worker/src/worker.ts')
  await until(() => readyLines('worker') === 2)
  expect(restarts()).toEqual(['worker restarts: apps/worker/src/worker.ts changed'])
  const { worker, ...others } = readStack().processes
  expect({ worker: before.worker, ...others }).toEqual(before)
  expect(worker).not.toBe(before.worker)
  expect(alive([Number(before.worker)])).toEqual([])

  await change('packages/observability/src/logger.ts')
  await until(() => readyLines('api') === 2 && readyLines('worker') === 3 && readyLines('ops') === 2)
  expect(restarts().slice(1).sort()).toEqual(
    ['api', 'ops', 'worker'].map((name) => `${name} restarts: packages/observability/src/logger.ts changed`),
  )

  const pids = [...Object.values(readStack().processes), ...(await serverPids())]
  dev.kill('SIGINT')
  expect(await dev.exit).toEqual({ code: 0, signal: null })
  expect(alive(pids)).toEqual([])
})
