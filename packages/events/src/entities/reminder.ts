import Type, { type Static } from 'typebox'
import { CalendarDate, Id, stringEnum } from './schemas.ts'
import { Task } from './task.ts'

/** `due-in-a-day` precedes the due day, `due-today` is of that day, `overdue` of each of the three days after it. */
export const reminderKinds = ['due-in-a-day', 'due-today', 'overdue'] as const
export type ReminderKind = (typeof reminderKinds)[number]

/** A reminder of one task, kind and day, with the task as of the reminder. An erasure of a user reads these members. */
export const Reminder = Type.Object(
  {
    id: Id,
    taskId: Id,
    ownerId: Id,
    /** The recipient: the assignee of the task, else the owner of its goal. */
    userId: Id,
    kind: stringEnum(reminderKinds),
    /** The day of the reminder in the zone of the task. */
    remindOn: CalendarDate,
    ...Type.Pick(Task, ['title', 'dueDate', 'dueAt', 'dueZone']).properties,
  },
  { title: 'Reminder', additionalProperties: false },
)
export type Reminder = Static<typeof Reminder>
