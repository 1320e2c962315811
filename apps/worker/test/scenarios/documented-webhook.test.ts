import { execFile, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { until } from '@goals-tasks/devstack/testing'
import { Webhook } from 'standardwebhooks'
import { expect } from 'vitest'
import { signToken } from '../support/processes/marked-requests.ts'
import { test } from '../support/processes/test.ts'
import { startReceiver } from '../support/receiver.ts'

const run = promisify(execFile)
const readme = readFileSync(new URL('../../../../README.md', import.meta.url), 'utf8')
const blocks = [...readme.matchAll(/```\w+\n(.*?)```/gs)].map(([, text]) => text ?? '')
const hasCurl = spawnSync('curl', ['--version']).status === 0
if (!hasCurl) console.warn('curl is not installed: the test of the documented webhook is skipped')

/** Returns the first command of the README that posts to the path. A line that goes on ends with a backslash. */
function documentedCommand(path: string): string {
  const block = blocks.find((text) => text.includes(`curl -X POST http://localhost:3000${path} `)) ?? ''
  return /^curl(.*\\\n)*.*$/m.exec(block)?.[0] ?? expect.fail(`the README has no command for ${path}`)
}

test.skipIf(!hasCurl)(
  'the documented commands register a webhook and send the documented request to it',
  async ({ installation }) => {
    const [api, receiver, TOKEN] = await Promise.all([
      installation.startApi(),
      startReceiver((response) => response.writeHead(204).end()),
      signToken('goals:read goals:write webhooks:read webhooks:write'),
      installation.startWorker('sync'),
    ])
    const { origin } = new URL(receiver.url)
    const post = async (path: string): Promise<Record<string, string>> => {
      const command = documentedCommand(path)
        .replace('http://localhost:3000', api.url)
        .replace('http://localhost:8000', origin)
      const { stdout } = await run('bash', ['-c', command], { env: { ...process.env, TOKEN } })
      return JSON.parse(stdout)
    }
    const { secret = '' } = await post('/v1/webhooks')
    const goal = await post('/v1/goals')
    await until(() => receiver.received.length > 0)
    const { headers, text, body } = receiver.received[0] ?? expect.fail()
    const verified = new Webhook(secret).verify(text, headers as Record<string, string>)
    expect(verified).toMatchObject({ data: { before: null, after: { id: goal.id } } })

    const [head = '', shown = ''] = blocks.find((block) => block.startsWith('POST /in HTTP/1.1'))?.split('\n\n') ?? []
    const headerNames = [...head.matchAll(/^([\w-]+): /gm)].map(([, name]) => name)
    expect(headerNames.length).toBeGreaterThan(3)
    expect(Object.keys(headers)).toEqual(expect.arrayContaining(headerNames))
    const members = [...shown.replace(/"data":.*/s, '').matchAll(/"(\w+)":/g)].map(([, name]) => name)
    expect(members.length).toBeGreaterThan(5)
    expect(Object.keys(body).filter((name) => members.includes(name))).toEqual(members)
    expect(shown).toContain(`"source":"${body.source}","type":"${body.type}"`)
  },
)
