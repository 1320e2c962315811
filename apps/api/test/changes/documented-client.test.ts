import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { until } from '@goals-tasks/devstack/testing'
import { userScopes } from '@goals-tasks/http'
import { expect } from 'vitest'
import { test as base } from '../support/test.ts'
import { signToken } from '../support/token.ts'

const page = readFileSync(new URL('../../../../docs/real-time.md', import.meta.url), 'utf8')
const clientSources = [...page.matchAll(/^## ([^\n]*)$(?:(?!^## )[\s\S])*?```js\n([\s\S]*?)```/gm)].map(
  ([, heading = '', source = '']) => ({ heading, source }),
)

const test = base.extend('clients', async ({ api: _ }, { onCleanup }) => {
  const started: ChildProcess[] = []
  onCleanup(() => {
    for (const client of started) client.kill()
  })
  return started
})

test('the documentation has a client for each form of the feed, in about 30 lines', () => {
  expect(clientSources.map(({ heading }) => heading)).toEqual([
    'Follow the feed with pages',
    'Follow the feed as a stream',
    'Follow the feed over a WebSocket',
  ])
  for (const { source } of clientSources) expect(source.split('\n').length).toBeLessThan(40)
})

test.for(clientSources)(
  'the client under "$heading" prints each change of what its user may see',
  async ({ source }, { api, ada, bob, clients }) => {
    const address = await api.listen()
    const token = await signToken(bob.id, userScopes.join(' '))
    const client = spawn(process.execPath, ['--input-type=module', '--eval', source], {
      env: { API: address, TOKEN: token },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    clients.push(client)
    const lines: string[] = []
    createInterface({ input: client.stdout }).on('line', (line) => lines.push(line))
    const goal = await ada.createGoal()
    const task = await ada.createTask(goal.id, { assignedTo: bob.id })
    let version = 1
    // The client begins at some time after its start.
    await until(async () => {
      await ada.patchTask(task.id, { title: `Title ${version}` })
      version += 1
      return lines.length > 0
    })
    await ada.patchTask(task.id, { assignedTo: null })
    await until(() => lines.includes(`task:updated ${task.id} ${version + 1}`))
    await ada.patchTask(task.id, { title: 'Unseen' })
    const own = await bob.createGoal()
    await until(() => lines.includes(`goal:created ${own.id} 1`))
    const versions = lines.filter((line) => line.startsWith('task:updated')).map((line) => Number(line.split(' ')[2]))
    expect(versions).toEqual(versions.map((_, i) => version + 2 - versions.length + i))
  },
)
