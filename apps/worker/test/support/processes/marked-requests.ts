import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { SignJWT } from 'jose'
import { jwtSecret } from './process-installation.ts'

type Described = { title?: string; description?: string; tasks?: Described[] }

/** The titles and descriptions of the sample that are long enough to be found in no other text. */
export const sampleTexts: string[] = readFileSync(
  new URL('../../../../cli/src/demo/sample.jsonl', import.meta.url),
  'utf8',
)
  .trim()
  .split('\n')
  .map((line): Described => JSON.parse(line))
  .flatMap((goal) => [goal, ...(goal.tasks ?? [])])
  .flatMap(({ title, description }) => [title, description])
  .filter((text) => text !== undefined)
  .filter((text) => text.length > 12)

/** Returns whether a text has neither the key of the tokens nor a token. */
export const isSecretFree = (text: string) => !text.includes(jwtSecret) && !/\beyJ[\w-]{10,}\.eyJ/.test(text)

/** Returns a token of a new user. */
export const signToken = (scope: string) =>
  new SignJWT({ scope, email: 'marker.claim@example.org' })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(randomUUID())
    .setExpirationTime('1 hour')
    .sign(new TextEncoder().encode(jwtSecret))

const json = { 'content-type': 'application/json' }

/** Sends requests with secrets and personal data, most of which are refused. @returns every such text */
export async function sendMarkedRequests(apiUrl: string, opsUrl: string): Promise<string[]> {
  const authorization = `Bearer ${await signToken('goals:read goals:write tasks:read tasks:write')}`
  const goals = `${apiUrl}/v1/goals`
  const post = (body: string, headers: Record<string, string> = {}) =>
    fetch(goals, { method: 'POST', body, headers: { ...json, authorization, ...headers } })
  const goal = { title: 'marker title', description: 'marker description for marker.mail@example.org' }
  await Promise.all([
    post(JSON.stringify(goal), { 'idempotency-key': 'marker-key-1', cookie: 'session=marker-cookie' }),
    post(JSON.stringify({ ...goal, priority: 'marker priority', 'marker member': 1 })),
    post(JSON.stringify({ ...goal, title: `marker title ${'x'.repeat(500)}` })),
    post(`{"title": "marker title", marker syntax`),
    fetch(`${goals}?search=marker+search&category=marker%20category&marker=1`, { headers: { authorization } }),
    fetch(`${goals}/${randomUUID()}`, { headers: { authorization, 'if-none-match': '"marker-tag"' } }),
    fetch(goals, { headers: { authorization: 'Bearer marker.opaque.token' } }),
    fetch(goals, { headers: { authorization: 'Basic cGxhbnRlZDpwbGFudGVk' } }),
    fetch(`${opsUrl}/ops/status`, { headers: { authorization: 'Bearer marker.opaque.token' } }),
    fetch(`${opsUrl}/ops/login`, {
      method: 'POST',
      headers: { ...json, 'sec-fetch-site': 'same-origin' },
      body: JSON.stringify({ token: 'marker.login.token' }),
    }),
  ])
  return ['marker', authorization.slice('Bearer '.length), 'cGxhbnRlZDpwbGFudGVk', 'example.org']
}
