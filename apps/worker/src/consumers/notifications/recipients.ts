import type { EventFor, NotificationKind } from '@goals-tasks/events'

export type NotifiableEvent = EventFor<'notifications'>
type TaskUpdate = Extract<NotifiableEvent, { type: 'task:updated' }>

type Reason = { kind: NotificationKind; userIds: readonly (string | null)[] }

/**
 * Returns the users to notify of an event, with the reason of each. A user gets no notification of an own change, and
 * only the first of several reasons.
 */
export function recipientsOf(
  event: NotifiableEvent,
  assigneesOfGoal: readonly string[],
): Map<string, NotificationKind> {
  const recipients = new Map<string, NotificationKind>()
  for (const { kind, userIds } of reasonsIn(event, assigneesOfGoal))
    for (const userId of userIds)
      if (userId !== null && userId !== event.actorId && !recipients.has(userId)) recipients.set(userId, kind)
  return recipients
}

function reasonsIn(event: NotifiableEvent, assigneesOfGoal: readonly string[]): Reason[] {
  switch (event.type) {
    case 'task:assigned':
      return [{ kind: 'task-assigned', userIds: [event.after.assignedTo] }]
    case 'task:updated':
      return reasonsInUpdate(event)
    case 'task:completed':
      return [{ kind: 'task-completed', userIds: [event.after.ownerId, event.after.assignedTo] }]
    case 'goal:completed':
      return [{ kind: 'goal-completed', userIds: [event.after.userId, ...assigneesOfGoal] }]
    case 'reminder:due':
      return [
        { kind: event.after.kind === 'overdue' ? 'task-overdue' : 'task-due-soon', userIds: [event.after.userId] },
      ]
    case 'webhook:health-changed':
      return [{ kind: `webhook-${event.after.after}`, userIds: [event.after.userId] }]
  }
}

function reasonsInUpdate({ before, after }: TaskUpdate): Reason[] {
  const isUnassigned = before.assignedTo !== null && before.assignedTo !== after.assignedTo
  const [wasBlocked, isBlocked] = [before.status === 'BLOCKED', after.status === 'BLOCKED']
  const isFree = wasBlocked && (after.status === 'TODO' || after.status === 'IN_PROGRESS')
  // A task without an assignee is the work of the goal's owner.
  const worker = after.assignedTo ?? after.ownerId
  // The owner can lift a manual block, and so learns of it. A dependency blocks and frees a task by the owner's plan.
  const overseer = after.blockKind === 'MANUAL' ? after.ownerId : null
  return [
    ...(isUnassigned ? [{ kind: 'task-unassigned', userIds: [before.assignedTo] } as const] : []),
    ...(!wasBlocked && isBlocked ? [{ kind: 'task-blocked', userIds: [worker, overseer] } as const] : []),
    ...(isFree ? [{ kind: 'task-unblocked', userIds: [worker] } as const] : []),
  ]
}
