import { type Executor, prepareStatement, stateBefore } from '@goals-tasks/db'
import { annotated, exampleIds, Id, stringEnum } from '@goals-tasks/events'
import { defaultLimit, type Page, Problem, pageOf } from '@goals-tasks/http'
import { type SQL, sql } from 'drizzle-orm'
import Type, { type Static, type TSchema } from 'typebox'
import { eventCause, occurredAt } from './event-members.ts'
import { paging } from './lists/query.ts'

export const HistoryQuery = Type.Object(paging, { additionalProperties: false })
export type HistoryQuery = Static<typeof HistoryQuery>

/** Returns the schema of an entry of the history of goals or tasks. */
export const historyEntry = <S extends TSchema>(noun: 'goal' | 'task', Entity: S) => {
  const name = noun === 'goal' ? 'Goal' : 'Task'
  return Type.Object(
    {
      version: Type.Integer({ description: `The version of the ${noun} after the change.`, examples: [1] }),
      type: stringEnum([`${noun}:created`, `${noun}:updated`, `${noun}:deleted`], {
        title: `${name}EventType`,
        description: 'The type of the event.',
        examples: [`${noun}:created`],
      }),
      eventId: annotated(Id, 'The id of the event.', exampleIds.event),
      ...eventCause,
      occurredAt,
      before: Type.Union([Entity, Type.Null()], {
        description: `The ${noun} before the change. Null in version 1, and in the oldest version that is kept.`,
      }),
      after: Entity,
    },
    { title: `${name}HistoryEntry`, description: `One version of a ${noun}.` },
  )
}

const columns = sql`version, type, event_id, actor_id, as_admin, via, reason, correlation_id, cascade_id, occurred_at,
  before::jsonb as before, after::jsonb as after`
const below = sql`${sql.placeholder('below')}::int`
const limit = sql`${sql.placeholder('limit')}::int`

/**
 * Lists the versions of one entity, newest first: its audit rows, and the events whose audit row is not written yet. So
 * the history is complete at once, with or without workers. An audit row without `before` has the `after` of the
 * previous version as its `before`. Versions past the retention of audit rows are left out. Check access before.
 */
export function createHistory(name: string, auditLog: SQL, entityId: SQL) {
  const statement = prepareStatement<{ text: string; version: number }>(
    `${name}_history`,
    sql`select json_build_object(
          'version', version, 'type', type, 'eventId', event_id, 'actorId', actor_id, 'asAdmin', as_admin,
          'via', via, 'reason', reason, 'correlationId', correlation_id, 'cascadeId', cascade_id,
          'occurredAt', rfc3339(occurred_at), 'before', coalesce(before, lead(after) over (order by version desc)),
          'after', after)::text as text, version
        from (
          (select ${columns} from ${auditLog}
           where ${entityId} = ${sql.placeholder('id')}::uuid and version < ${below}
           order by version desc limit ${limit})
          union all
          (select aggregate_version as version, type, id as event_id, actor_id, as_admin, via, reason,
                  correlation_id, cascade_id, occurred_at, ${stateBefore('events')}, after::jsonb
           from events
           where aggregate_id = ${sql.placeholder('id')}::uuid and ordinal = 0 and aggregate_version < ${below}
             and not exists (select from ${auditLog}
                             where ${entityId} = events.aggregate_id and version = events.aggregate_version)
           order by aggregate_version desc limit ${limit})
        ) versions
        order by version desc limit ${limit}`,
  )
  return async (db: Executor, id: string, query: HistoryQuery): Promise<Page> => {
    const size = query.limit ?? defaultLimit
    const rows = await statement(db, { id, below: parseCursor(query.cursor), limit: size + 1 })
    return pageOf(rows, size, (last) => String(last.version))
  }
}

const highestVersion = 2_147_483_647

function parseCursor(cursor: string | undefined): number {
  if (cursor === undefined) return highestVersion
  if (!/^[1-9]\d{0,9}$/.test(cursor) || Number(cursor) > highestVersion)
    throw new Problem('cursor-mismatch', 'The cursor does not belong to a history. Start again without it.')
  return Number(cursor)
}
