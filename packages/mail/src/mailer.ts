import { messageOf } from '@goals-tasks/config/message-of'
import type { Transporter } from 'nodemailer'
import { type Sender, withoutAddresses } from './addresses.ts'
import type { SmtpServer } from './config.ts'
import type { Content } from './templates/content.ts'

const timeouts = { connectMs: 10_000, greetingMs: 10_000, silenceMs: 30_000, mailMs: 60_000, verifyMs: 10_000 }
/** The connections of one process to the mail server. Further mails wait for one of them. */
const maxConnections = 4

export type OutgoingMail = Content & {
  /** The address of the recipient. */
  to: string
  /** The part of the `Message-ID` before the `@`: the same in each repetition of a mail. */
  id: string
  /** The address that turns mails of this kind off with one POST (RFC 8058). */
  unsubscribeUrl?: string | undefined
}

/** The mail server refused this recipient or this mail for good: a repetition gets the same answer. */
export class MailRefusedError extends Error {
  override name = 'MailRefusedError'
}

/** The mail server took no mail: it cannot be reached, does not answer in time, or refuses our access. */
export class MailServerError extends Error {
  override name = 'MailServerError'
}

export type Mailer = ReturnType<typeof createMailer>

/**
 * Creates a pool of connections to a mail server. The first mail loads its client, which no process without mails
 * needs. No message of an error contains an address.
 * @throws MailRefusedError from `send` when the mail server refuses the recipient or the mail for good (5xx)
 * @throws MailServerError from `send` when it cannot be reached, does not answer in time, or refuses our access
 * @throws Error from `send` when it refuses the recipient or the mail for now (4xx)
 */
export function createMailer({ server, from }: { server: SmtpServer; from: Sender }) {
  let opening: Promise<Transporter> | undefined
  const open = () => {
    opening ??= openPool(server)
    return opening
  }
  const domain = from.address.slice(from.address.indexOf('@') + 1)
  return {
    async send({ to, id, unsubscribeUrl, ...content }: OutgoingMail): Promise<void> {
      const mail = {
        ...{ from, to, ...content, messageId: `<${id}@${domain}>` },
        headers: { 'Auto-Submitted': 'auto-generated', ...unsubscribeHeaders(unsubscribeUrl) },
        // A template has no attachment, so nothing is read from a file or an address.
        ...{ disableFileAccess: true, disableUrlAccess: true },
        signal: AbortSignal.timeout(timeouts.mailMs),
      }
      const transport = await open()
      await transport.sendMail(mail).catch((error: unknown) => {
        throw toMailError(error)
      })
    },
    close: async (): Promise<void> => (await opening)?.close(),
  }
}

async function openPool(server: SmtpServer): Promise<Transporter> {
  const { createTransport } = await import('nodemailer')
  return createTransport({ ...connectionOf(server), pool: true, maxConnections, maxRequeues: 0 })
}

/** Connects to a mail server, authenticates, and sends nothing. @throws Error when that fails */
export async function verifyServer(server: SmtpServer): Promise<void> {
  const { createTransport } = await import('nodemailer')
  const limits = { connectionTimeout: timeouts.verifyMs, greetingTimeout: timeouts.verifyMs }
  const transport = createTransport({ ...connectionOf(server), ...limits, socketTimeout: timeouts.verifyMs })
  try {
    await transport.verify()
  } catch (error) {
    throw toMailError(error)
  } finally {
    transport.close()
  }
}

const connectionOf = ({ host, port, isSecure, needsTls, credentials }: SmtpServer) => ({
  ...{ host, port, secure: isSecure, requireTLS: needsTls, ignoreTLS: !needsTls },
  ...(credentials && { auth: credentials }),
  connectionTimeout: timeouts.connectMs,
  greetingTimeout: timeouts.greetingMs,
  socketTimeout: timeouts.silenceMs,
})

const unsubscribeHeaders = (url: string | undefined) =>
  url === undefined ? {} : { 'List-Unsubscribe': `<${url}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' }

type Reply = { responseCode?: number; command?: string; code?: string }

/** The commands whose refusal concerns the recipient or the mail. Any other concerns our access to the server. */
const mailCommands = ['RCPT TO', 'DATA']
/** The server closes the connection, whatever the command was (RFC 5321). */
const closingCode = 421

/** Wraps the error: its code is that of a connection, which would pass for an outage of Postgres or Redis. */
function toMailError(error: unknown): Error {
  const { responseCode = 0, command = '' } = error as Reply
  const reason = `the mail server: ${withoutAddresses(messageOf(error)).slice(0, 300)}`
  const concernsMail = responseCode !== 0 && responseCode !== closingCode && mailCommands.includes(command)
  if (!concernsMail) return new MailServerError(reason)
  return responseCode >= 500 ? new MailRefusedError(reason) : new Error(reason)
}
