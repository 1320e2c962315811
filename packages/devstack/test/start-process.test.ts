import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test as base, describe, expect } from 'vitest'
import { commandOf } from '../src/processes/process-table.ts'
import { fileFixture, startProcess, until } from '../src/testing/index.ts'
import { temporaryTestFolder } from './support/in-folder.ts'

const idle = 'setInterval(() => undefined, 1000)'

const test = base.extend(
  'program',
  { scope: 'file' },
  fileFixture(async () => {
    const folder = await temporaryTestFolder()
    return async (source: string, env: Record<string, string> = {}) => {
      const file = join(folder, `${crypto.randomUUID()}.ts`)
      await writeFile(file, source)
      return { folder, ...startProcess(file, env) }
    }
  }),
)

describe('startProcess', () => {
  test('finds a past and a future log line', async ({ program }) => {
    const running = await program(`
      process.on('SIGTERM', () => { console.log(JSON.stringify({ msg: 'bye' })); process.exit(3) }); ${idle}
      console.log(JSON.stringify({ msg: 'one' }))`)
    expect((await running.waitForLog((line) => line.msg === 'one')).msg).toBe('one')
    running.kill()
    expect((await running.waitForLog((line) => line.msg === 'bye')).msg).toBe('bye')
    expect(await running.exit).toEqual({ code: 3, signal: null })
  })

  test('stops waiting for a log line when the program has ended, and throws its last output', async ({ program }) => {
    const running = await program(`console.error('REDIS_URL is missing'); process.exit(1)`)
    await expect(running.waitForLog((line) => line.msg === 'ready')).rejects.toThrow('REDIS_URL is missing')
  })

  test('passes only the given environment to the program', async ({ program }) => {
    process.env.LEAKED = 'yes'
    const running = await program('console.log(JSON.stringify(process.env))', { GIVEN: 'yes' })
    const env = await running.waitForLog(() => true)
    delete process.env.LEAKED
    expect(env).toMatchObject({ GIVEN: 'yes', NODE_ENV: 'test' })
    expect(env).not.toHaveProperty('LEAKED')
  })

  let pidOfEarlierTest: number
  test('starts a program that runs', async ({ program }) => {
    const running = await program(`console.log('{}'); ${idle}`)
    await running.waitForLog(() => true)
    pidOfEarlierTest = running.pid
    expect(commandOf(pidOfEarlierTest)).toContain(running.folder)
  })
  test('has ended that program when the next test begins', () => {
    expect(commandOf(pidOfEarlierTest)).toBeUndefined()
  })
})

test('a child does not outlive a killed parent', async ({ program }) => {
  const parent = await program(`import { spawnChild } from '${import.meta.dirname}/../src/processes/child.ts'
    const child = spawnChild(process.execPath, ['-e', '${idle}'], { deathSignal: 'KILL', stdio: 'ignore' })
    console.log(JSON.stringify({ pid: child.pid })); ${idle}`)
  const { pid } = await parent.waitForLog((line) => 'pid' in line)
  await until(() => commandOf(Number(pid))?.includes('setInterval'))
  parent.kill('SIGKILL')
  await until(() => commandOf(Number(pid)) === undefined)
})
