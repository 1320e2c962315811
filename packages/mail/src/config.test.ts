import { ConfigError, loadVariables } from '@goals-tasks/config'
import { expect, test } from 'vitest'
import { parseSender, withoutAddresses } from './addresses.ts'
import { mailProblems, mailVariables, readMail, readSmtpServer } from './config.ts'

const rest = { MAIL_FROM: 'Goals <goals@goals.example>', PUBLIC_URL: 'https://goals.example/' }
const load = (env: Record<string, string>) =>
  loadVariables(mailVariables, env, (v) => mailProblems({ ...v, SECRETS_KEY: 'checked elsewhere' }))

test.for([
  [{ SMTP_URL: 'smtp://mail.example' }, { host: 'mail.example', port: 587, isSecure: false, needsTls: true }],
  [{ SMTP_URL: 'smtps://mail.example' }, { port: 465, isSecure: true }],
  [
    { SMTP_URL: 'smtp://me%40x:p%2Fw@[::1]:2525' },
    { host: '::1', port: 2525, credentials: { user: 'me@x', pass: 'p/w' } },
  ],
  [
    { SMTP_HOST: 'mail.example', SMTP_USER: 'me', SMTP_PASSWORD: 'pw' },
    { port: 587, credentials: { user: 'me', pass: 'pw' } },
  ],
  [
    { SMTP_HOST: 'mail.example', SMTP_PORT: '465' },
    { isSecure: true, credentials: undefined },
  ],
  [
    { SMTP_HOST: 'mail.example', SMTP_PORT: '1025', SMTP_TLS: 'off' },
    { isSecure: false, needsTls: false },
  ],
] as const)('%j names a mail server', ([env, server]) => {
  expect(readMail(load({ ...env, ...rest }))).toMatchObject({
    server,
    from: { name: 'Goals', address: 'goals@goals.example' },
    publicUrl: 'https://goals.example',
  })
})

test('no variable of mail is required without a mail server', () => {
  expect(readMail(load({}))).toBeUndefined()
  expect(readSmtpServer(load(rest))).toBeUndefined()
})

test('every problem is reported at once, without the password', () => {
  const reported = (env: Record<string, string>) => {
    try {
      return String(load(env))
    } catch (error) {
      return error instanceof ConfigError ? error.message : expect.fail('another error')
    }
  }
  const problems = reported({
    SMTP_URL: 'http://me:hidden@mail',
    MAIL_FROM: 'goals',
    SMTP_TLS: 'maybe',
    APP_LINK: 'https://app.example',
  })
  for (const name of ['SMTP_URL', 'MAIL_FROM', 'SMTP_TLS', 'APP_LINK', 'PUBLIC_URL']) expect(problems).toContain(name)
  expect(problems).not.toContain('hidden')
  expect(reported({ ...rest, SMTP_HOST: 'mail', SMTP_USER: 'me' })).toContain('SMTP_PASSWORD')
  expect(reported({ ...rest, SMTP_URL: 'smtp://mail/?tls=no' })).toContain('parameter')
})

test.for([
  '',
  'goals',
  'a@b',
  'a@b.example, c@d.example',
  '<a@b.example',
  'A\n<a@b.example>',
  'é@b.example',
  'a@-b.example',
])('the text %j is no sender', (text) => expect(parseSender(text)).toBeUndefined())

test('a mail server needs the key that signs links', () => {
  const v = {
    SMTP_HOST: 'mail',
    SMTP_PORT: 25,
    SMTP_TLS: 'off',
    MAIL_FROM: 'a@b.example',
    PUBLIC_URL: 'http://x',
  } as const
  expect(mailProblems(v)).toEqual(['SECRETS_KEY is required with a mail server'])
})

test('a text for logs has no address', () => {
  expect(withoutAddresses('550 5.1.1 <ada@people.example>: "a b"@c.example unknown')).not.toContain('@')
})
