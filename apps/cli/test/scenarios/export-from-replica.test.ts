import { createCommit, createDatabase, migrate } from '@goals-tasks/db'
import { cleanUp, freshRedis, ownPrimary, ownStandby, until } from '@goals-tasks/devstack/testing'
import { newGoal } from '@goals-tasks/events/testing'
import type pg from 'pg'
import { expect, test } from 'vitest'
import { runCli } from '../support/run-cli.ts'

function open(url: string): pg.Pool {
  const { pool, close } = createDatabase({ url, poolSize: 1, name: 'test', onError: () => undefined })
  cleanUp(close)
  return pool
}

/** Counts the scans of the table `goals` on this server. The sessions of commands that have ended are included. */
async function countScans(server: pg.Pool): Promise<number> {
  const commands = `select from pg_stat_activity where application_name like 'goals-tasks command%'`
  // A session adds its counts to those of the server before it leaves this view.
  await until(async () => (await server.query(commands)).rowCount === 0)
  const scans = `select seq_scan + idx_scan as scans from pg_stat_user_tables where relname = 'goals'`
  return Number((await server.query(scans)).rows[0].scans)
}

/** Starts a primary with a standby, and a user who has goals. */
async function startCluster() {
  const primary = await ownPrimary()
  await migrate(primary.url)
  const standby = await ownStandby(primary, { name: 'replica' })
  const [onPrimary, onStandby] = [open(primary.url), open(standby.url)]
  const { userId } = newGoal()
  const { url, prefix } = freshRedis()
  const servers = { DATABASE_URL: primary.url, DATABASE_REPLICA_URL: standby.url }
  const environment = { ...servers, REDIS_URL: url, QUEUE_PREFIX: prefix }
  return {
    standby,
    onStandby,
    async addGoal(title: string): Promise<void> {
      const metadata = { types: ['goal:created'], actorId: userId } as const
      await createCommit(onPrimary, () => undefined).createGoal({ values: newGoal({ userId, title }), metadata })
      // The scans of this session are counted now, not during an export.
      await onPrimary.query('select pg_stat_force_next_flush()')
    },
    scans: async () => ({ primary: await countScans(onPrimary), standby: await countScans(onStandby) }),
    /** Returns the titles in an export, in alphabetical order. */
    async exportGoals(): Promise<string[]> {
      const { code, stdout } = await runCli(environment, 'user', 'export', userId, '--reason', 'the user asked for it')
      expect(code).toBe(0)
      const lines = stdout.split('\n').map((line) => JSON.parse(line))
      expect(lines.at(-1)).toMatchObject({ type: 'end' })
      return lines
        .filter(({ type }) => type === 'goal')
        .map(({ data }) => data.title)
        .sort()
    },
  }
}

test('an export reads the replica, and the primary when the replica is behind or dead', async () => {
  const { standby, onStandby, addGoal, scans, exportGoals } = await startCluster()
  await addGoal('first')
  /** Exports until the replica alone was read: it may be behind for longer than a read waits. */
  const untilReplicaAnswers = (titles: string[]) =>
    until(async () => {
      const before = await scans()
      expect(await exportGoals()).toEqual(titles)
      expect(await scans()).toEqual({ primary: before.primary, standby: expect.toSatisfy((n) => n > before.standby) })
      return true
    })
  await untilReplicaAnswers(['first'])

  await onStandby.query('select pg_wal_replay_pause()')
  await until(async () => {
    const { rows } = await onStandby.query('select pg_get_wal_replay_pause_state() as state')
    return rows[0].state === 'paused'
  })
  await addGoal('second')
  const before = await scans()
  expect(await exportGoals()).toEqual(['first', 'second'])
  const after = await scans()
  expect(after.standby).toBe(before.standby)
  expect(after.primary).toBeGreaterThan(before.primary)

  await onStandby.query('select pg_wal_replay_resume()')
  await untilReplicaAnswers(['first', 'second'])
  await standby.kill()
  await addGoal('third')
  expect(await exportGoals()).toEqual(['first', 'second', 'third'])
})
