import { groupDeadLetters, listActions } from '@goals-tasks/db'
import { expect, onTestFinished } from 'vitest'
import { discardInBatches, replayInBatches } from '../src/dead-letters/change-in-batches.ts'
import { type Operations, operationsTest } from './support/operations.ts'

const test = operationsTest.extend('empty', { auto: true }, async ({ operations }) => {
  await operations.pool.query('truncate deliveries, dead_letters')
})

const log = { warn: () => undefined }
const cause = { actor: 'ada', reason: 'the receiver is back' }

async function insertDeadLetters({ pool }: Operations, count: number, error = 'it broke') {
  await pool.query(
    `insert into dead_letters (consumer, event_id, event, attempts, replays, error)
     select 'sync', uuidv7(), jsonb_build_object('type', 'goal:created', 'aggregateType', 'goal',
       'aggregateId', gen_random_uuid(), 'aggregateVersion', 1, 'ordinal', 0, 'actorId', gen_random_uuid(),
       'after', '{}'::jsonb, 'occurredAt', now()), 1, 0, $2 from generate_series(1, $1)`,
    [count, error],
  )
}

const countOf = async ({ pool }: Operations, table: 'deliveries' | 'dead_letters') =>
  (await pool.query(`select count(*)::int as count from ${table}`)).rows[0].count

test('a replay takes all dead letters that match, in batches', async ({ operations }) => {
  await insertDeadLetters(operations, 230)
  await insertDeadLetters(operations, 1, 'another error')
  const progress: number[] = []
  const options = { cause, onProgress: (changed: number) => void progress.push(changed) }
  expect(await replayInBatches({ ...operations, log }, { consumer: 'sync', error: 'it broke' }, options)).toBe(230)
  expect(progress).toEqual([100, 200, 230])
  expect(await countOf(operations, 'deliveries')).toBe(230)
  expect(await countOf(operations, 'dead_letters')).toBe(1)
})

test('a replay stops after the running batch when its signal aborts', async ({ operations }) => {
  await insertDeadLetters(operations, 130)
  const stop = new AbortController()
  const options = { cause, ratePerSecond: 100, signal: stop.signal, onProgress: () => stop.abort() }
  expect(await replayInBatches({ ...operations, log }, { consumer: 'sync' }, options)).toBe(100)
  expect(await countOf(operations, 'dead_letters')).toBe(30)
})

test('a replay goes on when another transaction held some of the dead letters for a while', async ({ operations }) => {
  await insertDeadLetters(operations, 5)
  const holder = await operations.pool.connect()
  onTestFinished(() => holder.release())
  await holder.query('begin')
  await holder.query('select from dead_letters order by id limit 3 for update')
  const progress: number[] = []
  const options = {
    cause,
    async onProgress(changed: number) {
      progress.push(changed)
      await holder.query('rollback')
    },
  }
  expect(await replayInBatches({ ...operations, log }, { consumer: 'sync' }, options)).toBe(5)
  expect(progress).toEqual([2, 5])
})

test('a replay does not take an event again that failed during the replay', async ({ operations }) => {
  await insertDeadLetters(operations, 150)
  await operations.pool.query(`
    create function fail_again() returns trigger language plpgsql as $$ begin
      insert into dead_letters (consumer, event_id, event, attempts, replays, error, died_at)
      values (new.consumer, new.event_id, '{}', 1, new.replays, 'it broke', now() + interval '1 second');
      return null; end $$;
    create trigger fail_again after insert on deliveries for each row execute function fail_again()`)
  onTestFinished(async () => void (await operations.pool.query('drop function fail_again cascade')))
  expect(await replayInBatches({ ...operations, log }, { consumer: 'sync' }, { cause })).toBe(150)
  expect(await countOf(operations, 'dead_letters')).toBe(150)
})

test('a discard deletes the oldest dead letters up to its limit', async ({ operations }) => {
  await insertDeadLetters(operations, 1, 'the oldest')
  await insertDeadLetters(operations, 3)
  expect(await discardInBatches({ ...operations, log }, { consumer: 'sync' }, { cause, limit: 2 })).toBe(2)
  expect(await countOf(operations, 'dead_letters')).toBe(2)
  expect(await groupDeadLetters(operations.pool, { error: 'the oldest' })).toEqual([])
  const [recorded] = await listActions(operations.pool, { limit: 1 })
  expect(recorded).toMatchObject({ ...cause, action: 'dead-letters-discarded', subject: 'sync' })
  expect(recorded?.details).toEqual({
    deadLetterIds: [expect.any(String), expect.any(String)],
    eventIds: expect.any(Array),
  })
})

test('errors belong to one group when only their ids and long numbers differ', async ({ operations }) => {
  const errorOf = (id: string, port: number) => `10.0.0.1:${port} answered 503 for ${id}`
  await insertDeadLetters(operations, 2, errorOf('019a0000-0000-7000-8000-000000000001', 50_123))
  await insertDeadLetters(operations, 1, errorOf('019a0000-0000-7000-8000-00000000000A', 50_124))
  await insertDeadLetters(operations, 1, 'it answered 410')
  await insertDeadLetters(operations, 1, 'it answered 500')
  const groups = await groupDeadLetters(operations.pool, { consumer: 'sync' })
  expect(groups.map(({ count, error }) => [count, error])).toEqual([
    [3, '10.0.0.1:# answered 503 for #'],
    [1, 'it answered 410'],
    [1, 'it answered 500'],
  ])
})
