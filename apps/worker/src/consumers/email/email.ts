import type { Publish } from '@goals-tasks/db'
import type { EventFor, Mail } from '@goals-tasks/events'
import {
  confirmationMail,
  type LinkTokens,
  linkUrl,
  type Mailer,
  MailRefusedError,
  notificationMail,
} from '@goals-tasks/mail'
import type pg from 'pg'
import type { External } from '../contract.ts'
import { type ConsumerResult, done, moveToDeadLetters, skipped } from '../results.ts'
import { loadAddressToConfirm, loadNotification, type StoredNotification } from './load.ts'
import { recordSent, recordSkipped, type SkipReason } from './record.ts'

/** `publicUrl` is the address of the API, `appLink` that of a goal or task in the application of the company. */
export type EmailDeps = {
  pool: pg.Pool
  mailer: Pick<Mailer, 'send'>
  tokens: LinkTokens
  publicUrl: string
  appLink: string | undefined
}

/**
 * Sends mails over SMTP, to the address and by the choices that hold when it sends. A crash after the mail server
 * accepted a mail repeats it, with the same `Message-ID`. Without a mail server nothing is sent.
 */
export const createEmail = (deps: EmailDeps | undefined): External<'email'> => ({
  kind: 'external',
  isIdle: () => deps === undefined,
  async run(event, publish) {
    if (!deps) return skipped
    try {
      const { purpose } = event.after
      return purpose === 'confirmation'
        ? await sendConfirmation(deps, event.after)
        : await sendNotification(deps, event, publish)
    } catch (error) {
      if (error instanceof MailRefusedError) return moveToDeadLetters(`bounced: ${error.message}`)
      throw error
    }
  },
})

async function sendConfirmation({ pool, mailer, tokens, publicUrl }: EmailDeps, mail: Mail): Promise<ConsumerResult> {
  const to = await loadAddressToConfirm(pool, mail)
  if (to === undefined) return skipped
  const url = linkUrl(publicUrl, 'confirm', tokens.confirmation(mail.id))
  await mailer.send({ ...confirmationMail({ url }), to, id: messageId(mail.id, mail) })
  return done
}

async function sendNotification(deps: EmailDeps, event: EventFor<'email'>, publish: Publish): Promise<ConsumerResult> {
  const { after: mail } = event
  const notification = await loadNotification(deps.pool, mail)
  // Already sent: the process died before the delivery ended. Deleted: it was older than the retention.
  if (!notification || notification.isSent) return skipped
  const recipient = recipientOf(notification)
  if ('reason' in recipient) {
    await recordSkipped(deps.pool, mail.id, recipient.reason)
    return skipped
  }
  await sendTo(deps, recipient.to, mail, notification)
  await recordSent(deps.pool, event, publish)
  return done
}

function recipientOf({ email, isVerified, isOff }: StoredNotification): { to: string } | { reason: SkipReason } {
  if (email === null) return { reason: 'no contact' }
  if (!isVerified) return { reason: 'not confirmed' }
  return isOff ? { reason: 'turned off' } : { to: email }
}

async function sendTo(deps: EmailDeps, to: string, mail: Mail, notification: StoredNotification): Promise<void> {
  const { kind, subjectType, subjectId, eventId } = notification
  const unsubscribeUrl = linkUrl(deps.publicUrl, 'unsubscribe', deps.tokens.unsubscription(mail.userId, kind))
  const url = deps.appLink?.replaceAll('{type}', subjectType).replaceAll('{id}', subjectId)
  const content = notificationMail({ ...notification, url, unsubscribeUrl })
  await deps.mailer.send({ ...content, to, id: messageId(eventId, mail), unsubscribeUrl })
}

/** The same for each repetition of a mail: it depends on the cause and the recipient. */
const messageId = (causeId: string, { userId }: Mail) => `${causeId}.${userId}`
