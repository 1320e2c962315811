import { setTimeout as sleep } from 'node:timers/promises'
import { ownStandby, until } from '@goals-tasks/devstack/testing'
import pg from 'pg'
import type { Environment } from '../environment/environment.ts'
import type { Scenario } from '../scenario.ts'

export const postgresScenarios: readonly Scenario[] = [
  { name: 'postgres-restarted-often', boundSeconds: 120, inject: restartPostgres(3) },
  { name: 'postgres-restarted', isQuick: true, boundSeconds: 90, inject: restartPostgres(1) },
  { name: 'postgres-replaced', mayHaveStandby: true, boundSeconds: 120, inject: promoteStandby },
  { name: 'postgres-stopped', boundSeconds: 120, inject: stopPostgres },
  { name: 'postgres-read-only', boundSeconds: 120, inject: makeReadOnly },
  { name: 'postgres-sessions-terminated', boundSeconds: 90, inject: terminateSessions },
  { name: 'postgres-out-of-connections', boundSeconds: 120, inject: takeAllConnections },
  { name: 'postgres-frozen', boundSeconds: 150, inject: freezePostgres },
]

function restartPostgres(times: number): Scenario['inject'] {
  return async ({ postgres }) => {
    for (let restart = 0; restart < times; restart++) {
      await postgres.stop()
      await sleep(1_000)
      await postgres.start()
      await sleep(3_000)
    }
  }
}

/** Kills the primary, and promotes a synchronous standby that was started meanwhile. */
async function promoteStandby(environment: Environment): Promise<void> {
  const { postgres, pool } = environment
  const standby = await ownStandby(postgres, { name: 'standby' })
  await pool.query(`alter system set synchronous_standby_names = 'standby'`)
  await pool.query('select pg_reload_conf()')
  await until(async () => {
    const { rowCount } = await pool.query(`select from pg_stat_replication where sync_state = 'sync'`)
    return rowCount === 1
  })
  await sleep(3_000)
  await postgres.kill()
  await standby.promote()
  environment.usePostgres(standby.url)
}

async function stopPostgres({ postgres }: Environment): Promise<void> {
  postgres.pause()
  await sleep(15_000)
  postgres.resume()
}

/** As during a failover, or when a disk is nearly full. */
async function makeReadOnly({ pool }: Environment): Promise<void> {
  const setReadOnly = async (value: 'on' | 'off') => {
    await pool.query(`alter system set default_transaction_read_only = ${value}`)
    await pool.query('select pg_reload_conf()')
  }
  await setReadOnly('on')
  await sleep(20_000)
  await setReadOnly('off')
}

const sessionsOfPrograms = `from pg_stat_activity where application_name like 'goals-tasks%'`

async function terminateSessions({ pool }: Environment): Promise<void> {
  for (let round = 0; round < 20; round++) {
    await pool.query(`select pg_terminate_backend(pid) ${sessionsOfPrograms} and random() < 0.3`)
    await sleep(500)
  }
}

/** Takes every connection that the server allows, and ends those of the programs. */
async function takeAllConnections({ pool, postgres }: Environment): Promise<void> {
  const taken: pg.Client[] = []
  const takeOne = async () => {
    const client = new pg.Client({ connectionString: postgres.url })
    client.on('error', () => undefined)
    await client.connect()
    taken.push(client)
  }
  const session = await pool.connect()
  const takeRest = async () => {
    for (;;) await Promise.all(Array.from({ length: 10 }, takeOne))
  }
  const isFull = (error: unknown) => error instanceof Error && 'code' in error && error.code === '53300'
  const ignoreFull = (error: unknown) => {
    if (!isFull(error)) throw error
  }
  for (let round = 0; round < 10; round++) {
    await session.query(`select pg_terminate_backend(pid) ${sessionsOfPrograms}`)
    await takeRest().catch(ignoreFull)
    await sleep(1_000)
  }
  session.release()
  await Promise.all(taken.map((client) => client.end()))
}

/** The time limit of a query in a worker is 35 s. A second wait for it would end later. */
const frozenBoundMs = 60_000

/** Silences every open connection. No side is notified. The events from before must be handled within the bound. */
async function freezePostgres({ postgres, pool }: Environment): Promise<void> {
  const { rows } = await pool.query<{ now: string }>('select now()::text as now')
  postgres.proxy.freeze()
  const isHandled = async () => {
    const left = await pool.query(
      'select 1 from deliveries join events on id = event_id where occurred_at < $1 limit 1',
      [rows[0]?.now],
    )
    return left.rowCount === 0
  }
  await until(isHandled, { timeoutMs: frozenBoundMs, describe: 'the events from before are handled' })
}
