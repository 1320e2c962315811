import type { NotificationKind } from '@goals-tasks/events'
import { dueText } from './due-text.ts'
import type { NotifiableEvent } from './recipients.ts'
import { webhookText } from './webhook-text.ts'

/** Returns the title of the goal, task or webhook as the recipient of this kind may know it. */
export function titleFor(kind: NotificationKind, { before, after }: NotifiableEvent): string {
  // A former assignee may not see the task as it is now.
  return kind === 'task-unassigned' && before ? before.title : after.title
}

/** Returns what has happened, as one sentence. The event has ids of users and no names. */
export function textFor(kind: NotificationKind, event: NotifiableEvent): string {
  const title = `“${titleFor(kind, event)}”`
  switch (kind) {
    case 'task-assigned':
      return `You were assigned the task ${title}.`
    case 'task-unassigned':
      return `You are no longer assigned to the task ${title}.`
    case 'task-completed':
      return `The task ${title} was completed.`
    case 'task-blocked':
      return isManualBlock(event) ? `The task ${title} was blocked.` : `The task ${title} now waits for another task.`
    case 'task-unblocked':
      return `The task ${title} is no longer blocked.`
    case 'goal-completed':
      return `The goal ${title} was completed.`
    case 'task-due-soon':
      return `The task ${title} is due${whenDue(event)}.`
    case 'task-overdue':
      return `The task ${title} was due${whenDue(event)}.`
    case 'webhook-degraded':
    case 'webhook-suspended':
    case 'webhook-disabled':
    case 'webhook-healthy':
      return webhookTextOf(event)
  }
}

const webhookTextOf = (event: NotifiableEvent) =>
  event.type === 'webhook:health-changed' ? webhookText(event.after) : ''

const isManualBlock = ({ after }: NotifiableEvent) => 'blockKind' in after && after.blockKind === 'MANUAL'

const whenDue = (event: NotifiableEvent) => (event.type === 'reminder:due' ? ` on ${dueText(event.after)}` : '')
