import { NotificationChannel, NotificationKind, notificationChannels, notificationKinds } from '@goals-tasks/events'
import Type, { type Static } from 'typebox'

const NotificationPreference = Type.Object(
  {
    kind: NotificationKind,
    channel: NotificationChannel,
    isEnabled: Type.Boolean({
      description: 'Whether notifications of this kind reach you by this channel.',
      examples: [false],
    }),
  },
  {
    title: 'NotificationPreference',
    description: 'The choice of a user for one kind of notification and one channel.',
    additionalProperties: false,
  },
)
export type NotificationPreference = Static<typeof NotificationPreference>

const example = [{ kind: 'task-completed', channel: 'in-app', isEnabled: false }]

export const NotificationPreferences = Type.Object(
  {
    preferences: Type.Array(NotificationPreference, {
      description: 'One entry per kind and channel.',
      examples: [example],
    }),
  },
  { title: 'NotificationPreferences', description: 'All choices of a user about notifications.' },
)

/** The body of a request. */
export const NotificationChoices = Type.Object(
  {
    preferences: Type.Array(NotificationPreference, {
      maxItems: notificationKinds.length * notificationChannels.length,
      description: 'At most one entry per kind and channel. A choice that is left out is enabled.',
      examples: [example],
    }),
  },
  {
    title: 'NotificationChoices',
    description: 'The choices of a user about notifications, which replace all earlier ones.',
    additionalProperties: false,
    examples: [{ preferences: example }],
  },
)
export type NotificationChoices = Static<typeof NotificationChoices>
