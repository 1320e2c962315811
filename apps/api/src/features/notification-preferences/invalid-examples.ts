import type { NotificationChoices } from './schemas.ts'

const entry = { kind: 'task-completed', channel: 'in-app', isEnabled: false }

/** By field of notification preferences: values that the API refuses. */
export const invalidPreferenceFields = {
  preferences: [
    ...[null, 'task-completed', 5, {}, entry, [null], ['task-completed'], [{}], [[entry]]],
    ...[[{ ...entry, kind: 'task' }], [{ ...entry, kind: null }], [{ ...entry, kind: '__proto__' }]],
    ...[[{ ...entry, channel: 'fax' }], [{ ...entry, channel: ['in-app'] }], [{ kind: entry.kind, isEnabled: true }]],
    ...[[{ ...entry, isEnabled: 'no' }], [{ ...entry, isEnabled: null }], [{ ...entry, colour: 'red' }]],
    ...[[entry, entry], [entry, { ...entry, isEnabled: true }], Array.from({ length: 100 }, () => entry)],
  ],
} satisfies Record<keyof NotificationChoices, unknown[]>
