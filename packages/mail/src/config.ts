import { httpUrl, smtpUrl } from '@goals-tasks/config'
import Type, { type Static } from 'typebox'
import { parseSender, type Sender } from './addresses.ts'

const text = (description: string) => Type.Optional(Type.String({ minLength: 1, description }))

/** The variables of the mail server. */
export const smtpVariables = Type.Object({
  SMTP_URL: Type.Optional(
    smtpUrl(
      'mail server: smtp://user:password@host:587 with STARTTLS, or smtps://host:465; wins over the other `SMTP_*`;' +
        ' no mail server means no e-mail',
    ),
  ),
  SMTP_HOST: text('mail server, when there is no `SMTP_URL`: a name or an address'),
  SMTP_PORT: Type.Integer({
    minimum: 1,
    maximum: 65535,
    default: 587,
    description: 'port of `SMTP_HOST`; 465 is encrypted from the start',
  }),
  SMTP_USER: text('user at `SMTP_HOST`'),
  SMTP_PASSWORD: text('password at `SMTP_HOST`'),
  SMTP_TLS: Type.Enum(['required', 'off'], {
    default: 'required',
    description: 'encryption to the mail server: `required`, or `off` for one on the same machine',
  }),
})

const sender = Type.Refine(
  Type.String({ minLength: 1, description: 'sender of mails: Goals <goals@example.com>' }),
  (from) => parseSender(from) !== undefined,
  () => 'must be one address, with or without a name: Goals <goals@example.com>',
)

/** The braces stand for the entity: `{type}` is `goal`, `task` or `webhook`. */
const appLink = Type.Refine(
  httpUrl(
    'address of a goal, task or webhook in your application, to which mails lead: https://app.example/{type}s/{id};' +
      ' unset means mails without it',
  ),
  (url) => url.includes('{id}'),
  () => 'must contain {id}, and may contain {type}',
)

/** The variables of a process that sends mail. */
export const mailVariables = Type.Object({
  ...smtpVariables.properties,
  MAIL_FROM: Type.Optional(sender),
  APP_LINK: Type.Optional(appLink),
  PUBLIC_URL: Type.Optional(httpUrl('address under which clients reach the API')),
})

type SmtpVariables = Static<typeof smtpVariables>
type MailVariables = Static<typeof mailVariables>

/** A mail server. `isSecure`: encrypted from the first byte. `needsTls`: STARTTLS is required otherwise. */
export type SmtpServer = {
  host: string
  port: number
  isSecure: boolean
  needsTls: boolean
  credentials: { user: string; pass: string } | undefined
}
export type MailConfig = { server: SmtpServer; from: Sender; publicUrl: string; appLink: string | undefined }

/** Returns one message per problem between the variables of a process that sends mail. */
export function mailProblems(v: MailVariables & { SECRETS_KEY?: string }): string[] {
  if (v.SMTP_URL === undefined && v.SMTP_HOST === undefined) return []
  const required = { MAIL_FROM: v.MAIL_FROM, SECRETS_KEY: v.SECRETS_KEY, PUBLIC_URL: v.PUBLIC_URL }
  const missing = Object.entries(required).flatMap(([name, value]) => (value === undefined ? [name] : []))
  return [
    ...missing.map((name) => `${name} is required with a mail server`),
    ...(v.SMTP_URL === undefined && (v.SMTP_USER === undefined) !== (v.SMTP_PASSWORD === undefined)
      ? ['SMTP_USER and SMTP_PASSWORD need each other: set both or none']
      : []),
  ]
}

/** Returns the mail server of the variables, or undefined when they name none. */
export function readSmtpServer(v: SmtpVariables): SmtpServer | undefined {
  if (v.SMTP_URL !== undefined) return parseServer(v.SMTP_URL, v.SMTP_TLS === 'required')
  if (v.SMTP_HOST === undefined) return undefined
  return {
    ...{ host: v.SMTP_HOST, port: v.SMTP_PORT },
    ...{ isSecure: v.SMTP_PORT === implicitTlsPort, needsTls: v.SMTP_TLS === 'required' },
    credentials: v.SMTP_USER === undefined ? undefined : { user: v.SMTP_USER, pass: v.SMTP_PASSWORD ?? '' },
  }
}

const implicitTlsPort = 465

function parseServer(text: string, needsTls: boolean): SmtpServer {
  const { protocol, hostname, port, username, password } = new URL(text)
  const isSecure = protocol === 'smtps:' || Number(port) === implicitTlsPort
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port) || (isSecure ? implicitTlsPort : 587),
    ...{ isSecure, needsTls },
    credentials:
      username === '' ? undefined : { user: decodeURIComponent(username), pass: decodeURIComponent(password) },
  }
}

/** Returns the settings of mail after `mailProblems`, or undefined without a mail server. */
export function readMail(v: MailVariables): MailConfig | undefined {
  const server = readSmtpServer(v)
  const from = parseSender(v.MAIL_FROM ?? '')
  if (!server || !from || v.PUBLIC_URL === undefined) return undefined
  return { server, from, publicUrl: v.PUBLIC_URL.replace(/\/+$/, ''), appLink: v.APP_LINK }
}
