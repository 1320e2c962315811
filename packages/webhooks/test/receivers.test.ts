import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { cleanUp } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import { createSender } from '../src/send.ts'
import { signMessage } from '../src/sign.ts'

const example = (name: string) => fileURLToPath(new URL(`../examples/${name}`, import.meta.url))
const secretOf = (letter: string) => `whsec_${Buffer.from(letter.repeat(32)).toString('base64')}`
const secret = secretOf('a')
const body = JSON.stringify({ id: 'event-1', type: 'goal:created', title: 'Größe' })

const hasPython = spawnSync('python3', ['--version']).status === 0

/** Starts a published example with the secret. @returns its URL and the lines that it prints */
async function startExample(child: ChildProcess) {
  cleanUp(async () => void child.kill())
  const lines: string[] = []
  const output = createInterface({ input: child.stdout ?? process.stdin })
  output.on('line', (line) => lines.push(line))
  const [line] = await Promise.race([once(output, 'line'), once(output, 'close')])
  if (line === undefined) throw new Error('the example ended before it listened')
  return { url: `http://127.0.0.1:${lines[0]?.split(' ').at(-1)}/`, lines }
}

async function postTo(url: string, { secrets = [secret], sentAt = new Date(), sent = body } = {}) {
  const { post, close } = createSender({ isAllowed: () => true })
  const headers = signMessage({ id: 'event-1', sentAt, body, secrets })
  const { status } = await post({ url, headers, body: sent }).finally(close)
  return status
}

async function verifyExample({ url, lines }: { url: string; lines: string[] }): Promise<void> {
  expect(await postTo(url)).toBe(204)
  expect(await postTo(url, { secrets: [secretOf('b'), secret] })).toBe(204)
  expect(await postTo(url, { secrets: [secretOf('b')] })).toBe(401)
  expect(await postTo(url, { secrets: [] })).toBe(401)
  expect(await postTo(url, { sent: body.replace('event-1', 'event-2') })).toBe(401)
  expect(await postTo(url, { sentAt: new Date(Date.now() - 6 * 60_000) })).toBe(401)
  expect(lines.slice(1)).toEqual(['event-1 goal:created', 'event-1 goal:created'])
}

test('the example for Node accepts genuine requests only', async () => {
  await verifyExample(await startExample(spawn(process.execPath, [example('webhook-receiver.mjs'), secret, '0'])))
})

test.skipIf(!hasPython)('the example for Python accepts genuine requests only', async () => {
  await verifyExample(await startExample(spawn('python3', [example('webhook-receiver.py'), secret, '0'])))
})
