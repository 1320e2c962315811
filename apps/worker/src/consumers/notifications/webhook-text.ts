import type { EventFor } from '@goals-tasks/events'
import { dueText } from './due-text.ts'

type Change = Extract<EventFor<'notifications'>, { type: 'webhook:health-changed' }>['after']

/** Returns the change of the health of a webhook, as text for its owner: what happened, when and why, and what next. */
export function webhookText({ title, after, since, cause, error }: Change): string {
  const webhook = `The webhook “${title}”`
  const at = dueText({ dueDate: null, dueAt: since, dueZone: null })
  const reason = error === null ? '' : `: ${error}`
  switch (after) {
    case 'degraded':
      return `${webhook} has failed since ${at}${reason}. Its events are sent again.`
    case 'suspended':
      return `${webhook} was suspended on ${at}, because it failed again and again${reason}. Its events wait.`
    case 'disabled':
      return `${webhook} was disabled on ${at}, because ${causes[cause ?? 'admin']}. It gets no events.`
    case 'healthy':
      return `${webhook} has been healthy again since ${at}.`
  }
}

const causes = {
  gone: 'its address answered 410',
  failing: 'no request succeeded for three days',
  admin: 'an administrator disabled it',
}
