import type { Notification, NotificationChannel } from '@goals-tasks/events'
import { type SQL, sql } from 'drizzle-orm'
import type { Static } from 'typebox'

export type NewNotification = Pick<
  Notification,
  'userId' | 'kind' | 'eventId' | 'subjectType' | 'subjectId' | 'title' | 'actorId'
> & {
  text: string
  correlationId: string | null
  traceparent: string | null
}

const rowsWith = (more: SQL) => sql`wanted as (
        select * from jsonb_to_recordset(${sql.placeholder('wanted')}::jsonb) as t(
          "userId" uuid, kind text, "eventId" uuid, "subjectType" text, "subjectId" uuid, title text, text text,
          "actorId" uuid, "correlationId" text, traceparent text${more})
      )`

/** The CTE `wanted`: the rows of the parameter `wanted`, which is the JSON of new notifications. */
export const wantedRows = rowsWith(sql``)
/** The same for the JSON of held mails. */
export const heldRows = rowsWith(sql`, "sendsAt" timestamptz, reason text`)

/** Whether the recipient of a row of `wanted` has not turned its kind off for this channel. */
export const isWantedBy = (channel: Static<typeof NotificationChannel>): SQL => sql`not exists (
          select from notification_preferences chosen
          where chosen.user_id = "userId" and chosen.kind = wanted.kind and chosen.channel = ${sql.raw(`'${channel}'`)}
            and not chosen.is_enabled)`
