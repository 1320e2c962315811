import type { Publish } from '@goals-tasks/db'
import type { EventFor } from '@goals-tasks/events'
import { confirmationMail, linkUrl, MailRefusedError } from '@goals-tasks/mail'
import type { External } from '../contract.ts'
import { type ConsumerResult, done, moveToDeadLetters, skipped, snooze } from '../results.ts'
import { createContext, type EmailDeps, type MailContext } from './context.ts'
import { loadAddressToConfirm, loadDigest, loadNotification, type Recipient } from './load.ts'
import { type Content, digestContent, notificationContent } from './mails.ts'
import { recipientOf } from './recipient.ts'
import { recordDigestSent, recordSent, recordSkipped, type SkipReason } from './record.ts'

/**
 * Sends mails over SMTP, to the address and by the choices that hold when it sends. A crash after the mail server
 * accepted a mail repeats it, with the same `Message-ID`. Without a mail server nothing is sent.
 */
export function createEmail(deps: EmailDeps | undefined): External<'email'> {
  const context = deps && createContext(deps)
  return {
    kind: 'external',
    isIdle: () => context === undefined,
    async run(event, publish) {
      if (!context) return skipped
      try {
        return await runEvent(context, event, publish)
      } catch (error) {
        if (error instanceof MailRefusedError) return moveToDeadLetters(`bounced: ${error.message}`)
        throw error
      }
    },
  }
}

function runEvent(context: MailContext, event: EventFor<'email'>, publish: Publish): Promise<ConsumerResult> {
  if (event.type === 'digest:due') return sendDigest(context, event, publish)
  return event.after.purpose === 'confirmation'
    ? sendConfirmation(context, event)
    : sendNotification(context, event, publish)
}

type PlannedMail = Extract<EventFor<'email'>, { type: 'mail:planned' }>
type DueDigest = Extract<EventFor<'email'>, { type: 'digest:due' }>

async function sendConfirmation(context: MailContext, { after: mail }: PlannedMail): Promise<ConsumerResult> {
  const to = await loadAddressToConfirm(context.pool, mail)
  if (to === undefined) return skipped
  const url = linkUrl(context.publicUrl, 'confirm', context.tokens.confirmation(mail.id))
  const sent = await context.sender.send({ ...confirmationMail({ url }), to, id: `${mail.id}.${mail.userId}` })
  return sent.isSent ? done : snooze(sent.retryAt, sent.reason)
}

async function sendNotification(context: MailContext, event: PlannedMail, publish: Publish): Promise<ConsumerResult> {
  const { after: mail } = event
  const notification = await loadNotification(context.pool, mail)
  // Already sent: the process died before the delivery ended. Deleted: it was older than the retention.
  if (!notification || notification.isSent) return skipped
  if (notification.isOff) return skip(context, mail.id, 'turned off')
  return sendTo(context, {
    mailId: mail.id,
    recipient: notification,
    contentFor: () => notificationContent(context, mail.userId, notification),
    record: () => recordSent(context.pool, event, publish),
  })
}

async function sendDigest(context: MailContext, event: DueDigest, publish: Publish): Promise<ConsumerResult> {
  const { after: digest } = event
  const stored = await loadDigest(context.pool, digest)
  if (!stored || stored.all === 0) return skipped
  const record = () => recordDigestSent(context.pool, { event, kinds: stored.kinds }, publish)
  if (stored.isSent) {
    await record()
    return done
  }
  if (stored.wanted === 0) return skip(context, digest.id, 'turned off')
  const contentFor = () => digestContent(context, digest, stored)
  return sendTo(context, { mailId: digest.id, recipient: stored, contentFor, record })
}

type Sending = {
  mailId: string
  recipient: Recipient
  contentFor: () => Content
  record: () => Promise<void>
}

async function sendTo(context: MailContext, { mailId, recipient, contentFor, record }: Sending) {
  const found = recipientOf(recipient, context.clock)
  if ('skipReason' in found) return skip(context, mailId, found.skipReason)
  if ('waitMs' in found) {
    await recordSkipped(context.pool, mailId, 'quiet hours')
    return snooze(new Date(Date.now() + found.waitMs), 'quiet hours')
  }
  const sent = await context.sender.send({ ...contentFor(), to: found.to })
  if (!sent.isSent) return snooze(sent.retryAt, sent.reason)
  await record()
  return done
}

async function skip({ pool, onOutcome }: MailContext, mailId: string, reason: SkipReason): Promise<ConsumerResult> {
  await recordSkipped(pool, mailId, reason)
  onOutcome('skipped')
  return skipped
}
