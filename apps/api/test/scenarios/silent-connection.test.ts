import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { cleanUp, startTcpProxy, until } from '@goals-tasks/devstack/testing'
import { userScopes } from '@goals-tasks/http'
import { expect } from 'vitest'
import { test } from '../support/test.ts'
import { signToken } from '../support/token.ts'

const page = readFileSync(new URL('../../../../docs/real-time.md', import.meta.url), 'utf8')
/** The documented clients of the forms whose connection stays open: a stream and a WebSocket. */
const sources = ['Follow the feed as a stream', 'Follow the feed over a WebSocket'].map(
  (heading) => page.split(`## ${heading}\n`)[1]?.split('```js\n')[1]?.split('```')[0] ?? '',
)

/** Starts a documented client. It ends with the test. @returns the ids of the changed entities */
function startClient(source: string, env: Record<string, string>): string[] {
  const client = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  cleanUp(async () => client.kill())
  const ids: string[] = []
  createInterface({ input: client.stdout }).on('line', (line) => ids.push(line.split(' ')[1] ?? ''))
  return ids
}

test('the documented clients connect again when their connection is silent for 20 s, and miss nothing', async ({
  api,
  ada,
}) => {
  const proxy = await startTcpProxy(await api.listen())
  const token = await signToken(ada.id, userScopes.join(' '))
  const clients = sources.map((source) => startClient(source, { API: proxy.url.replace(/\/$/, ''), TOKEN: token }))
  const created: string[] = []
  // The clients begin at some time after their start.
  await until(async () => {
    created.push((await ada.createGoal()).id)
    return clients.every((ids) => ids.length > 0)
  })
  // The peer is away without a word: no connection is closed, and nothing arrives on it any more.
  proxy.freeze()
  const missed = [(await ada.createGoal()).id, (await ada.createGoal()).id]
  await until(() => clients.every((ids) => missed.every((id) => ids.includes(id))))
  for (const ids of clients) expect(ids).toEqual([...created, ...missed].slice(-ids.length))
})
