import type { NotificationKind } from '@goals-tasks/events'
import { type Content, oneLine } from './content.ts'
import { toContent } from './layout.ts'
import { headingOf } from './notification.ts'

export type NotificationInDigest = {
  kind: NotificationKind
  /** The title of the goal or task. */
  title: string
  /** The change, as one sentence. */
  text: string
  /** The address of the goal or task in the application, if it has one. */
  url: string | undefined
}

export type DigestForMail = {
  /** The notifications that the mail lists, the oldest first. */
  notifications: readonly NotificationInDigest[]
  /** The number of all notifications of the digest. */
  count: number
  unsubscribeUrl: string
}

const maxSubjectTitleLength = 80

/** The mail about several notifications. */
export function digestMail({ notifications, count, unsubscribeUrl }: DigestForMail): Content {
  const heading = count === 1 ? '1 notification' : `${count} notifications`
  const [first] = notifications
  const left = count - notifications.length
  return toContent({
    subject: first ? `${heading}: ${oneLine(headingOf(first), maxSubjectTitleLength)}` : heading,
    heading,
    lines: [],
    entries: notifications.map(({ kind, title, text, url }) => ({ heading: headingOf({ kind, title }), text, url })),
    closing: left > 0 ? [`${left} more ${left === 1 ? 'is' : 'are'} not listed here.`] : [],
    footer: ['You get these notifications together because of your digest or your quiet hours.'],
    link: { label: 'Turn all mails off', url: unsubscribeUrl },
  })
}
