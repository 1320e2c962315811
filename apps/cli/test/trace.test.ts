import { randomUUID } from 'node:crypto'
import { recordFailure } from '@goals-tasks/db'
import { singleJobId } from '@goals-tasks/events'
import { operationsTest } from '@goals-tasks/operations/testing'
import { expect } from 'vitest'
import { runCli } from './support/run-cli.ts'

const test = operationsTest.extend(
  'trace',
  { scope: 'file' },
  ({ operations }) =>
    (...args: string[]) =>
      runCli(operations.environment, 'trace', ...args),
)

test('trace shows the failure, the attempts and the retry when a delivery failed', async ({ operations, trace }) => {
  const event = await operations.createGoal()
  const failure = { consumer: 'sync', eventId: event.id, error: 'the receiver answered 503' } as const
  await recordFailure(operations.pool, { ...failure, delaysMs: [60_000], leaseMs: 30_000 })
  const jobId = singleJobId('sync', { id: event.id, attempts: 1, replays: 0 })
  const { queue } = operations.queueOf('sync')
  // The job that failed is still in the queue as well.
  await queue.add(event.type, { events: [event] })
  await queue.add(event.type, { events: [event] }, { jobId, delay: 60_000 })

  const [ofEvent, ofGoal, json] = await Promise.all([
    trace(event.id.toUpperCase()),
    trace(event.aggregateId),
    trace(event.id, '--json'),
  ])
  for (const { code, stdout } of [ofEvent, ofGoal]) {
    expect(code).toBe(0)
    expect(stdout).toMatch(/sync +pending, 1 of 15 attempts failed, next \d\d:\d\d:\d\d\n +the receiver answered 503/)
    expect(stdout).toMatch(/audit-log +pending, not tried, in no job, due \d\d:\d\d:\d\d/)
    expect(stdout).not.toContain('a goal')
    expect(stdout.split('\n').every((line) => line.length <= 80)).toBe(true)
  }
  expect(ofEvent.stdout).toMatch(new RegExp(`delayed ${jobId}$`, 'm'))
  expect(ofGoal.stdout).toMatch(/live, version 1; newest 1 event,/)
  expect(JSON.parse(json.stdout)).toMatchObject({ id: event.id, found: true, events: [{ id: event.id }] })
})

test('trace shows a dead letter, and a missing audit row when the dead letter was discarded', async ({
  operations,
  trace,
}) => {
  const { id, eventId } = await operations.createDeadLetter('audit-log', 'it broke')
  const dead = await trace(eventId)
  expect(dead.stdout).toMatch(/audit-log +dead letter since .*, attempt 0 of 8\n +it broke/)
  expect(dead.stdout).toContain(`dead letter ${id}`)
  await operations.pool.query('delete from dead_letters')
  expect((await trace(eventId)).stdout).toMatch(/audit-log +missing.*\n +An operator discarded/)
})

test('trace exits with 1 when the id is unknown', async ({ trace }) => {
  const id = randomUUID()
  expect(await trace(id)).toMatchObject({ code: 1, stdout: expect.stringContaining(id), stderr: '' })
  const json = await trace(id, '--json')
  expect({ ...json, stdout: JSON.parse(json.stdout) }).toEqual({ code: 1, stdout: { id, found: false }, stderr: '' })
})

test.for([[[]], [['no-uuid']], [[randomUUID(), randomUUID()]], [[randomUUID(), '--limit', '0']], [['--all']]] as const)(
  'trace exits with 2 when its arguments are %j',
  async ([args], { trace }) => {
    expect(await trace(...args)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('Usage:') })
  },
)
