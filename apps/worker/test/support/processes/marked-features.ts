import { until } from '@goals-tasks/devstack/testing'
import { type MailServer, startMailServer } from '@goals-tasks/mail/testing'
import { decodeJwt } from 'jose'
import { expect } from 'vitest'
import { startReceiver } from '../receiver.ts'
import { signToken } from './marked-requests.ts'

const credentials = { user: 'marker-user', pass: 'marker-smtp-password' }
const mailAddress = 'marker.contact@example.org'
const scopes =
  'goals:read goals:write tasks:read tasks:write webhooks:read webhooks:write ' +
  'notifications:read notifications:write api-keys:read api-keys:write sync'

/** Starts a mail server with a password. @returns it, and the settings of the processes that use it */
export async function startMarkedMail() {
  const mail = await startMailServer({ credentials })
  const url = mail.url.replace('//', `//${credentials.user}:${credentials.pass}@`)
  const settings = { SMTP_URL: url, SMTP_TLS: 'off', MAIL_FROM: 'goals@goals.test', PUBLIC_URL: 'https://goals.test' }
  return { mail, settings }
}

/** Starts a receiver that answers every event with the status. @returns an address of it with a secret in its query */
async function startMarkedReceiver(status: number): Promise<string> {
  const { url } = await startReceiver((response) => response.writeHead(status).end('marker response'))
  return `${new URL('/marker-path?key=marker-key', url)}`
}

type Answer = { status: number; body: Record<string, string> }
type Call = (method: string, path: string, body?: object) => Promise<Answer>

/** Returns a function that sends requests to an API with the token or the key. */
export const callAs =
  (apiUrl: string, credential: string): Call =>
  async (method, path, body) => {
    const headers = { authorization: `Bearer ${credential}`, 'if-match': '*', 'content-type': 'application/json' }
    const response = await fetch(`${apiUrl}/v1${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : {} }
  }

/** Waits for the next mail. @returns the token of the link to the page in it */
async function tokenInMail({ received }: MailServer, page: string): Promise<string> {
  const find = () => received.map(({ text }) => new RegExp(`/mail/${page}\\?token=([\\w.-]+)`).exec(text ?? '')?.[1])
  await until(() => find().some(Boolean))
  return find().find(Boolean) ?? ''
}

async function openLink(apiUrl: string, page: string, token: string): Promise<void> {
  const url = `${apiUrl}/mail/${page}?token=${token}`
  for (const link of [url, `${url}marker`]) for (const method of ['GET', 'POST']) await fetch(link, { method })
}

/** Opens a socket and a stream, with the credential wherever clients put one, and closes them. */
async function follow(apiUrl: string, credential: string): Promise<void> {
  const url = `${apiUrl}/v1/changes/socket`
  const protocols = ['goals-tasks.v1', `bearer.${credential}`]
  for (const socket of [
    new WebSocket(url, protocols),
    new WebSocket(`${url}?access_token=${credential}`, protocols),
    new WebSocket(url, ['goals-tasks.v1', 'bearer.marker.opaque.token']),
  ]) {
    await new Promise((resolve) => ['open', 'error'].map((type) => socket.addEventListener(type, resolve)))
    socket.close()
  }
  const ending = new AbortController()
  const headers = { authorization: `Bearer ${credential}`, accept: 'text/event-stream' }
  await fetch(`${apiUrl}/v1/changes`, { headers, signal: ending.signal })
  ending.abort()
}

/** Changes a goal by its owner, and sends it to a new webhook in every way. @returns the secret of the webhook */
async function useGoal(owner: Call, goalId: string | undefined): Promise<string | undefined> {
  const { body: webhook } = await owner('POST', '/webhooks', { url: await startMarkedReceiver(200) })
  const description = { description: 'marker', tags: ['marker'], metadata: { marker: 'marker' } }
  const calls: [method: string, path: string, body?: object][] = [
    ['PATCH', `/goals/${goalId}`, { title: 'marker changed', ...description }],
    ['GET', `/goals/${goalId}/history`],
    ['POST', `/webhooks/${webhook.id}/test`],
    ['POST', `/webhooks/${webhook.id}/replay`, { from: new Date(Date.now() - 60_000).toISOString() }],
    ['POST', '/sync-runs', { webhookId: webhook.id }],
    ['GET', '/goals?tag=marker'],
    ['POST', '/notifications/read-all'],
    ['GET', '/changes'],
  ]
  for (const [method, path, body] of calls) expect((await owner(method, path, body)).status, path).toBeLessThan(300)
  return webhook.secret
}

type Installation = { apiUrl: string; mail: MailServer; untilHandled: () => Promise<unknown> }

/** Uses every feature that makes or takes a secret, or sends a text. @returns every such secret and text */
export async function useMarkedFeatures({ apiUrl, mail, untilHandled }: Installation): Promise<string[]> {
  const tokens = [await signToken(scopes), await signToken(scopes)] as const
  const [owner, assignee] = [callAs(apiUrl, tokens[0]), callAs(apiUrl, tokens[1])]
  await assignee('PUT', '/me/contact', { email: mailAddress })
  const confirmation = await tokenInMail(mail, 'confirm')
  await openLink(apiUrl, 'confirm', confirmation)

  const { body: key } = await owner('POST', '/api-keys', { name: 'marker key', scopes: ['goals:read', 'tasks:read'] })
  expect((await callAs(apiUrl, key.key ?? '')('GET', '/goals')).status).toBe(200)
  expect((await callAs(apiUrl, `${key.key}0`)('GET', '/goals')).status).toBe(401)
  await follow(apiUrl, key.key ?? '')
  await follow(apiUrl, tokens[0])

  expect((await owner('POST', '/webhooks', { url: 'http://marker:marker@127.0.0.1/' })).status).toBe(422)
  const { body: webhook } = await owner('POST', '/webhooks', {
    url: await startMarkedReceiver(410),
    description: 'marker',
  })
  const { body: rotated } = await owner('POST', `/webhooks/${webhook.id}/rotate-secret`)

  const { body: goal } = await owner('POST', '/goals', { title: 'marker goal' })
  const assign = () =>
    owner('POST', `/goals/${goal.id}/tasks`, { title: 'marker task', assignedTo: decodeJwt(tokens[1]).sub })
  await assign()
  const shownSecret = await useGoal(owner, goal.id)
  const unsubscription = await tokenInMail(mail, 'unsubscribe')
  mail.answer(550)
  await assign()
  await untilHandled()
  await openLink(apiUrl, 'unsubscribe', unsubscription)
  const secrets = [key.key, webhook.secret, rotated.secret, shownSecret, confirmation, unsubscription]
  for (const secret of secrets) expect(secret?.length).toBeGreaterThan(20)
  return [...secrets, ...tokens, mailAddress, 'marker', 'You were assigned'].filter((text) => text !== undefined)
}
