import { startTcpProxy } from '@goals-tasks/devstack/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readSmtpServer } from '../src/config.ts'
import { createMailer, MailRefusedError, MailServerError, verifyServer } from '../src/mailer.ts'
import { type MailServer, startMailServer } from './support/mail-server.ts'

const from = { name: 'Goals', address: 'goals@goals.example' }
const mail = { to: 'ada@people.example', id: 'event.user', subject: 'A subject', text: 'A text', html: '<p>A text</p>' }

const serverAt = (url: string, tls: 'required' | 'off' = 'off') =>
  readSmtpServer({ SMTP_URL: url, SMTP_PORT: 587, SMTP_TLS: tls }) ?? expect.fail('the address names no server')

function openMailer(server: Pick<MailServer, 'url'>, tls: 'required' | 'off' = 'off') {
  const mailer = createMailer({ server: serverAt(server.url, tls), from })
  onTestFinished(() => mailer.close())
  return mailer
}

const failureOf = (sent: Promise<void>) =>
  sent.then(
    () => expect.fail('the mail was accepted'),
    (error: Error) => error,
  )

test('a mail has both texts, a stable id and the headers of an automatic mail', async () => {
  const server = await startMailServer()
  const mailer = openMailer(server)
  const unsubscribeUrl = 'https://goals.example/mail/unsubscribe/token'
  await mailer.send({ ...mail, unsubscribeUrl })
  await mailer.send({ ...mail })
  const [first, second] = server.received
  expect(first).toMatchObject({ recipient: mail.to, subject: 'A subject', messageId: '<event.user@goals.example>' })
  expect([first?.text?.trim(), first?.html]).toEqual(['A text', expect.stringContaining('<p>A text</p>')])
  expect(first?.from?.value).toEqual([from])
  const headers = new Map(first?.headerLines.map(({ key, line }) => [key, line]))
  expect(headers.get('auto-submitted')).toBe('Auto-Submitted: auto-generated')
  expect(headers.get('list-unsubscribe')).toBe(`List-Unsubscribe: <${unsubscribeUrl}>`)
  expect(headers.get('list-unsubscribe-post')).toBe('List-Unsubscribe-Post: List-Unsubscribe=One-Click')
  expect(second?.messageId).toBe(first?.messageId)
  expect(second?.headers.has('list-unsubscribe')).toBe(false)
})

describe('a mail server that refuses', () => {
  test.for([550, { data: 554 }])('for good with %j ends the attempts', async (answer) => {
    const server = await startMailServer()
    server.answer(answer)
    const error = await failureOf(openMailer(server).send(mail))
    expect(error).toBeInstanceOf(MailRefusedError)
    expect(error.message).toContain('refused')
    expect(error.message).not.toContain('ada')
  })

  test.for([451, { data: 452 }])('for now with %j leaves the mail to a later attempt', async (answer) => {
    const server = await startMailServer()
    server.answer(answer)
    const mailer = openMailer(server)
    const error = await failureOf(mailer.send(mail))
    expect(error).not.toBeInstanceOf(MailRefusedError)
    expect(error).not.toBeInstanceOf(MailServerError)
    expect(error.message).not.toContain('ada')
    await mailer.send(mail)
    expect(server.received).toHaveLength(1)
  })
})

test.for([421, { data: 421 }])('an error with %j concerns the server and no mail', async (answer) => {
  const server = await startMailServer()
  server.answer(answer)
  expect(await failureOf(openMailer(server).send(mail))).toBeInstanceOf(MailServerError)
})

test('a mail is not repeated within one attempt when the server dies after it took the mail', async () => {
  const server = await startMailServer()
  server.answer('die')
  const mailer = openMailer(server)
  expect(await failureOf(mailer.send(mail))).not.toBeInstanceOf(MailRefusedError)
  expect(server.received).toHaveLength(1)
  await mailer.send(mail)
  expect(server.received.map(({ messageId }) => messageId)).toEqual(Array(2).fill('<event.user@goals.example>'))
})

test('the other mails are sent while the server does not answer one', async () => {
  const server = await startMailServer()
  server.answer('hang')
  const mailer = openMailer(server)
  const slow = failureOf(mailer.send(mail))
  await mailer.send({ ...mail, id: 'other.user' })
  expect(server.received.map(({ messageId }) => messageId)).toContain('<other.user@goals.example>')
  await mailer.close()
  await server.close()
  expect(await slow).toBeInstanceOf(MailServerError)
})

test('an error hides that a code of a connection was its cause when no server listens', async () => {
  const server = await startMailServer()
  await server.close()
  const error = await failureOf(openMailer(server).send(mail))
  expect(error).toBeInstanceOf(MailServerError)
  expect(error).not.toHaveProperty('code')
  expect(error.message).toMatch(/^the mail server: .*ECONNREFUSED/)
  await expect(verifyServer(serverAt(server.url))).rejects.toThrow(/ECONNREFUSED/)
})

test('a mail is not sent in clear text when encryption is required', async () => {
  const [plain, selfSigned] = [await startMailServer(), await startMailServer({ hasTls: true })]
  for (const server of [plain, selfSigned]) {
    const error = await failureOf(openMailer(server, 'required').send(mail))
    expect(error).not.toBeInstanceOf(MailRefusedError)
    expect(server.received).toEqual([])
  }
})

test('a wrong password is no refusal of a mail, and the right one is used', async () => {
  const server = await startMailServer({ credentials: { user: 'me', pass: 'a/secret' } })
  const at = (password: string) => server.url.replace('//', `//me:${password}@`)
  const error = await failureOf(openMailer({ url: at('guessed') }).send(mail))
  expect(error).toBeInstanceOf(MailServerError)
  expect(error.message).not.toContain('guessed')
  await openMailer({ url: at('a%2Fsecret') }).send(mail)
  expect(server.received).toHaveLength(1)
  await verifyServer(serverAt(at('a%2Fsecret')))
})

test('a mail arrives once when the server answers slowly', async () => {
  const server = await startMailServer()
  const proxy = await startTcpProxy(server.url)
  proxy.delay(50)
  await openMailer({ url: proxy.url.replace(/^\w+:/, 'smtp:') }).send(mail)
  expect(server.received).toHaveLength(1)
})
