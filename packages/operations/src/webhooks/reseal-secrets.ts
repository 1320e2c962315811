import { type Executor, executeOnce } from '@goals-tasks/db'
import type { Sealer } from '@goals-tasks/webhooks'
import { sql } from 'drizzle-orm'

/** `resealed` counts the webhooks whose secrets were not under the first key, `unreadable` those that no key opens. */
export type ResealedSecrets = { webhooks: number; resealed: number; unreadable: number }

type Row = { id: string; secret: Buffer; previous: Buffer | null }

const rowsPerBatch = 200

/**
 * Encrypts the secrets of all webhooks with the first key, in batches by id. A secret that its owner rotates meanwhile
 * is left alone: a process encrypted it with a key of its own. With `dryRun` it only counts.
 */
export async function resealSecrets(
  db: Executor,
  sealer: Sealer,
  { dryRun }: { dryRun: boolean },
): Promise<ResealedSecrets> {
  const sum = { webhooks: 0, resealed: 0, unreadable: 0 }
  for (let last = '00000000-0000-0000-0000-000000000000'; ; ) {
    const rows = await loadAfter(db, last)
    for (const row of rows) {
      const resealed = reseal(sealer, row)
      if (resealed === 'unreadable') sum.unreadable++
      else if (resealed !== 'current' && (dryRun || (await store(db, row, resealed)))) sum.resealed++
    }
    sum.webhooks += rows.length
    if (rows.length < rowsPerBatch) return sum
    last = rows.at(-1)?.id ?? last
  }
}

const loadAfter = (db: Executor, last: string) =>
  executeOnce<Row>(
    db,
    sql`select id, secret, previous_secret as previous from webhooks where id > ${last}::uuid
        order by id limit ${rowsPerBatch}`,
    'webhook_secrets_load',
  )

type Secrets = Pick<Row, 'secret' | 'previous'>

function reseal(sealer: Sealer, { id, secret, previous }: Row): Secrets | 'current' | 'unreadable' {
  const again = (sealed: Buffer) => sealer.seal(sealer.open(sealed, id), id)
  try {
    const resealed = { secret: again(secret), previous: previous && again(previous) }
    return [secret, ...(previous ? [previous] : [])].every(sealer.isCurrent) ? 'current' : resealed
  } catch {
    return 'unreadable'
  }
}

/** @returns whether the secrets were still the same */
async function store(db: Executor, row: Row, { secret, previous }: Secrets): Promise<boolean> {
  const stored = await executeOnce(
    db,
    sql`update webhooks set secret = ${secret}, previous_secret = ${previous}
        where id = ${row.id}::uuid and secret = ${row.secret} and previous_secret is not distinct from ${row.previous}
        returning 1`,
    'webhook_secrets_reseal',
  )
  return stored.length > 0
}
