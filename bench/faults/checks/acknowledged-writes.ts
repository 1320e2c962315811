import type { Write } from '../load/ledger.ts'
import { type Check, problemOf } from './check.ts'

/** The first event of a version. */
type Row = { id: string; requestId: string; entityId: string; version: number; type: string }

/**
 * Every acknowledged write has its version, and every version has a write that was acknowledged or whose outcome is
 * unknown. No request creates two entities.
 */
export const checkAcknowledgedWrites: Check = async ({ environment, ledger }) => {
  const { rows } = await environment.pool.query<Row>(
    `select id, correlation_id as "requestId", aggregate_id as "entityId", aggregate_version as version, type
     from events where ordinal = 0 and aggregate_type in ('goal', 'task')`,
  )
  const isStored = createStoredCheck(rows)
  const outcomeOf = new Map(ledger.writes.map(({ requestId, outcome }) => [requestId, outcome]))
  const lost = ledger.writes.filter((write) => !isStored(write))
  const refused = requestIds(rows).filter((requestId) => (outcomeOf.get(requestId) ?? 'failed') === 'failed')
  const creations = Map.groupBy(
    rows.filter(({ type }) => type.endsWith(':created')),
    ({ requestId }) => requestId,
  )
  const doubled = [...creations].flatMap(([requestId, { length }]) => (length > 1 ? [requestId] : []))
  return [
    ...problemOf('acknowledged writes without their version', lost.map(describe)),
    ...problemOf('versions of refused or unknown requests', [...new Set(refused)]),
    ...problemOf('requests that created two entities', doubled),
  ]
}

/**
 * Returns whether what a write acknowledged is stored: the event that its response named, or for a change of nothing,
 * the version or the deletion that was there before. An earlier request with an unknown outcome, which ended after the
 * client had read the entity, may have made that one.
 */
function createStoredCheck(rows: readonly Row[]) {
  const byId = new Map(rows.map((row) => [row.id, row]))
  const states = new Set(
    rows.flatMap(({ entityId, version, type }) => [
      `${entityId} ${version}`,
      ...(type.endsWith(':deleted') ? [`${entityId} deleted`] : []),
    ]),
  )
  return ({ requestId, request, acknowledged }: Write): boolean => {
    if (!acknowledged) return true
    const { id, version, eventId } = acknowledged
    // A creation always changes something.
    if (eventId === undefined) return !request.startsWith('POST') && states.has(`${id} ${version ?? 'deleted'}`)
    const event = byId.get(eventId)
    if (event?.requestId !== requestId || event.entityId !== id) return false
    return version === undefined ? event.type.endsWith(':deleted') : event.version === version
  }
}

const requestIds = (rows: readonly Row[]) => rows.map(({ requestId }) => requestId)

function describe({ requestId, request, acknowledged }: Write): string {
  const { id, version = 'deleted', eventId = 'no event' } = acknowledged ?? {}
  return `${requestId}, ${request}: ${id} ${version} with ${eventId}`
}
