import { type Check, problemOf } from './check.ts'

type Row = { requestId: string; versions: string[]; creations: number }

/**
 * Every acknowledged write has its version, and every version has a write that was acknowledged or whose outcome is
 * unknown. No request creates two entities.
 */
export const checkAcknowledgedWrites: Check = async ({ environment, ledger }) => {
  const { rows } = await environment.pool.query<Row>(
    `select correlation_id as "requestId", array_agg(aggregate_id || ' ' || aggregate_version) as versions,
            count(*) filter (where type like '%:created')::int as creations
     from events where ordinal = 0 and aggregate_type in ('goal', 'task') group by correlation_id`,
  )
  const versionsOf = new Map(rows.map(({ requestId, versions }) => [requestId, versions]))
  const outcomeOf = new Map(ledger.writes.map(({ requestId, outcome }) => [requestId, outcome]))
  const lost = ledger.writes.flatMap(({ requestId, acknowledged }) => {
    if (!acknowledged) return []
    const versions = versionsOf.get(requestId) ?? []
    const { id, version } = acknowledged
    const isThere = version === undefined ? versions.length > 0 : versions.includes(`${id} ${version}`)
    return isThere ? [] : [requestId]
  })
  const refused = rows.filter(({ requestId }) => (outcomeOf.get(requestId) ?? 'failed') === 'failed')
  const doubled = rows.filter(({ creations }) => creations > 1)
  return [
    ...problemOf('acknowledged writes without their version', lost),
    ...problemOf('versions of refused or unknown requests', requestIds(refused)),
    ...problemOf('requests that created two entities', requestIds(doubled)),
  ]
}

const requestIds = (rows: readonly Row[]) => rows.map(({ requestId }) => requestId)
