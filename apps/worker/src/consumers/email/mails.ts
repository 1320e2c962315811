import type { Digest } from '@goals-tasks/events'
import { digestMail, linkUrl, notificationMail, type OutgoingMail } from '@goals-tasks/mail'
import type { MailContext } from './context.ts'
import type { MailedNotification, StoredDigest } from './load.ts'

type Links = Pick<MailContext, 'publicUrl' | 'tokens' | 'appLink'>
export type Content = Omit<OutgoingMail, 'to'>

const urlOf = ({ appLink }: Links, { subjectType, subjectId }: MailedNotification) =>
  appLink?.replaceAll('{type}', subjectType).replaceAll('{id}', subjectId)

/** The mail about one notification. Its id depends on the cause and the recipient: it is the same in a repetition. */
export function notificationContent(links: Links, userId: string, notification: MailedNotification): Content {
  const unsubscribeUrl = linkUrl(links.publicUrl, 'unsubscribe', links.tokens.unsubscription(userId, notification.kind))
  const content = notificationMail({ ...notification, url: urlOf(links, notification), unsubscribeUrl })
  return { ...content, id: `${notification.eventId}.${userId}`, unsubscribeUrl }
}

/** The mail of a digest. A digest of one notification is the mail of this notification. */
export function digestContent(links: Links, { id, userId }: Digest, { all, wanted, listed }: StoredDigest): Content {
  const [first] = listed
  if (all === 1 && first) return notificationContent(links, userId, first)
  const unsubscribeUrl = linkUrl(links.publicUrl, 'unsubscribe', links.tokens.unsubscription(userId, 'all'))
  const notifications = listed.map((each) => ({ ...each, url: urlOf(links, each) }))
  return { ...digestMail({ notifications, count: wanted, unsubscribeUrl }), id: `${id}.${userId}`, unsubscribeUrl }
}
