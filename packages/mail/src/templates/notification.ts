import type { NotificationKind, NotificationSubject } from '@goals-tasks/events'
import { type Content, oneLine } from './content.ts'
import { toContent } from './layout.ts'

export type NotificationForMail = {
  kind: NotificationKind
  subjectType: NotificationSubject
  /** The title of the goal or task, or the name of the webhook. */
  title: string
  /** The change, as one sentence. */
  text: string
  /** The address of the goal, task or webhook in the application, if it has one. */
  url: string | undefined
  unsubscribeUrl: string
}

/** The beginning of the subject, by which recipients filter their mail. */
const subjects: Record<NotificationKind, string> = {
  'task-assigned': 'Assigned to you',
  'task-unassigned': 'No longer assigned to you',
  'task-completed': 'Completed',
  'task-blocked': 'Blocked',
  'task-unblocked': 'No longer blocked',
  'goal-completed': 'Goal completed',
  'task-due-soon': 'Due soon',
  'task-overdue': 'Overdue',
  'webhook-degraded': 'Webhook fails',
  'webhook-suspended': 'Webhook suspended',
  'webhook-disabled': 'Webhook disabled',
  'webhook-healthy': 'Webhook healthy again',
}

const maxTitleLength = 120

/** Returns what has happened to which goal or task, on one line. */
export const headingOf = ({ kind, title }: Pick<NotificationForMail, 'kind' | 'title'>) =>
  `${subjects[kind]}: ${oneLine(title, maxTitleLength)}`

/** The mail about one notification. */
export function notificationMail(notification: NotificationForMail): Content {
  const { subjectType, text, url, unsubscribeUrl } = notification
  const heading = headingOf(notification)
  return toContent({
    subject: heading,
    heading,
    lines: [text],
    button: url === undefined ? undefined : { label: `Open the ${subjectType}`, url },
    footer: ['You get this mail because it concerns you, and you have not turned mails of this kind off.'],
    link: { label: 'Turn mails of this kind off', url: unsubscribeUrl },
  })
}
