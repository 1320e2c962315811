import { randomUUID } from 'node:crypto'
import { recordFailure } from '@goals-tasks/db'
import { startProcess } from '@goals-tasks/devstack/testing'
import { singleJobId } from '@goals-tasks/events'
import { startOperations } from '@goals-tasks/operations/testing'
import { expect, test } from 'vitest'

const ops = await startOperations()

async function run(...args: string[]) {
  const program = startProcess('apps/cli/src/main.ts', ops.environment, ['trace', ...args])
  const { code } = await program.exit
  return { code, text: program.stdout(), complaint: program.stderr() }
}

test('it answers why something did not go: what failed, how often, and what comes next', async () => {
  const event = await ops.createGoal()
  const error = 'the receiver answered 503'
  await recordFailure(ops.pool, { consumer: 'sync', eventId: event.id, error, delaysMs: [60_000], leaseMs: 30_000 })
  const jobId = singleJobId('sync', { id: event.id, attempts: 1, replays: 0 })
  await ops.queueOf('sync').queue.add(event.type, { events: [event] }, { jobId, delay: 60_000 })

  const [ofEvent, ofGoal, json] = await Promise.all([
    run(event.id.toUpperCase()),
    run(event.aggregateId),
    run(event.id, '--json'),
  ])
  for (const { code, text } of [ofEvent, ofGoal]) {
    expect(code).toBe(0)
    expect(text).toMatch(/sync +pending, 1 of 12 attempts failed, next \d\d:\d\d:\d\d\n +the receiver answered 503/)
    expect(text).toMatch(/audit-log +pending, not tried, in no job, due \d\d:\d\d:\d\d/)
    expect(text).not.toContain('a goal')
    expect(text.split('\n').every((line) => line.length <= 80)).toBe(true)
  }
  expect(ofEvent.text).toMatch(new RegExp(`delayed ${jobId}$`, 'm'))
  expect(ofGoal.text).toMatch(/live, version 1; newest 1 event,/)
  expect(JSON.parse(json.text)).toMatchObject({ id: event.id, found: true, events: [{ id: event.id }] })
})

test('a dead letter and an operator who discarded one are named', async () => {
  const { id, eventId } = await ops.createDeadLetter('audit-log', 'it broke')
  const buried = await run(eventId)
  expect(buried.text).toMatch(/audit-log +dead letter since .*, attempt 0 of 8\n +it broke/)
  expect(buried.text).toContain(`dead letter ${id}`)
  await ops.pool.query('delete from dead_letters')
  expect((await run(eventId)).text).toMatch(/audit-log +missing.*\n +An operator discarded/)
})

test('an id that nobody knows is 1, in words or as a document', async () => {
  const id = randomUUID()
  expect(await run(id)).toMatchObject({ code: 1, text: expect.stringContaining(id), complaint: '' })
  const json = await run(id, '--json')
  expect({ ...json, text: JSON.parse(json.text) }).toEqual({ code: 1, text: { id, found: false }, complaint: '' })
})

test.for([[[]], [['no-uuid']], [[randomUUID(), randomUUID()]], [[randomUUID(), '--limit', '0']], [['--all']]] as const)(
  'a command line that makes no sense is 2: %j',
  async ([args]) => {
    expect(await run(...args)).toMatchObject({ code: 2, text: '', complaint: expect.stringContaining('Usage:') })
  },
)
