import { randomUUID } from 'node:crypto'
import { startProcess, until } from '@goals-tasks/devstack/testing'
import { operationsTest } from '@goals-tasks/operations/testing'
import { expect } from 'vitest'
import { runActions } from '../src/actions/run.ts'
import { runDiscard, runReplay } from '../src/dead-letters/change.ts'
import { runGroup, runList, runShow } from '../src/dead-letters/look.ts'
import { parseIds } from '../src/dead-letters/parse-ids.ts'
import { runCli } from './support/run-cli.ts'

const by = 'ada'

const test = operationsTest
  .extend('open', { scope: 'file' }, ({ operations }) => operations)
  .extend('empty', { auto: true }, async ({ operations }) => {
    await operations.pool.query('truncate deliveries, dead_letters')
  })

test('list, group and show lead from all dead letters to one and to its replay', async ({ open }) => {
  const older = await open.createDeadLetter('sync', 'the receiver answered 503')
  const newer = await open.createDeadLetter('sync', 'the receiver answered 503')
  const list = await runList(open, {}, { limit: 1, after: undefined })
  expect(list.text).toMatch(new RegExp(`^${newer.id} {2}sync {2}goal:created`))
  expect(list.text).toContain(`more follow: --after ${newer.id}`)
  const rest = await runList(open, {}, { limit: 1, after: newer.id })
  expect(rest.document).toMatchObject({ data: [{ id: older.id }], next: null })
  const group = await runGroup(open, { consumer: 'sync' })
  expect(group.text).toMatch(new RegExp(`^2 {2}sync {2}last .*${newer.id}\n {2}the receiver answered 503$`))
  const show = await runShow(open, older.id)
  expect(show.text).toContain(`npm run dead-letters -- replay ${older.id}`)
  expect(show.text).toContain(older.eventId)
  expect(show.text).not.toContain('a goal')
  expect(show.document).toMatchObject({ id: older.id, event: { aggregateId: older.aggregateId } })
  expect((await runList(open, { consumer: 'audit-log' }, { limit: 1, after: undefined })).text).toBe('no dead letters')
})

test('a replay counts in a dry run, and then enqueues the events of the dead letters', async ({ open }) => {
  const { eventId } = await open.createDeadLetter('sync', 'the receiver answered 503')
  await open.createDeadLetter('sync', 'the receiver answered 410')
  const chosen = { consumer: 'sync', error: '503' }
  expect((await runReplay(open, chosen, { by, rate: 50, dryRun: true })).text).toBe('would replay 1 dead letter')
  expect(await runReplay(open, chosen, { by, rate: 50 })).toMatchObject({ text: 'replayed 1 dead letter', exitCode: 0 })
  const { rows } = await open.pool.query(`select event_id, replays from deliveries where consumer = 'sync'`)
  expect(rows).toEqual([{ event_id: eventId, replays: 1 }])
  const jobs = await open.queueOf('sync').queue.getJobs(['waiting'])
  expect(jobs.flatMap((job) => job.data.events.map(({ id }) => id))).toContain(eventId)
})

test('a replay stops after the running batch at Ctrl-C', async ({ operations }) => {
  for (let i = 0; i < 3; i++) await operations.createDeadLetter('sync')
  const args = ['dead-letters', 'replay', '--consumer', 'sync', '--rate', '1', '--json']
  const cli = startProcess('apps/cli/src/main.ts', operations.environment, args)
  await until(() => cli.stderr().includes('replayed 1 of 3'))
  cli.kill('SIGINT')
  expect((await cli.exit).code).toBe(1)
  const { replayed, stopped } = JSON.parse(cli.stdout())
  expect(stopped).toBe(true)
  const { rows } = await operations.pool.query('select count(*)::int as left from dead_letters')
  expect(rows).toEqual([{ left: 3 - replayed }])
})

test('a discard deletes nothing without --yes', async ({ open }) => {
  const { id } = await open.createDeadLetter('sync')
  expect(await runDiscard(open, { ids: [id] }, { by })).toMatchObject({
    exitCode: 1,
    text: expect.stringContaining('would discard 1 dead letter'),
  })
  const discarded = await runDiscard(open, { ids: [id] }, { by, reason: 'no receiver wants it', yes: true })
  expect(discarded).toMatchObject({ exitCode: 0, text: 'discarded 1 dead letter' })
  expect(await open.queueOf('sync').dead.getJob(id)).toBeUndefined()
  const actions = await runActions(open, { limit: 1, subject: 'sync' })
  expect(actions.text).toMatch(/dead-letters-discarded {2}sync, by ada: no receiver wants it$/m)
})

test('an unknown id leads to the exit code 1', async ({ open }) => {
  const id = randomUUID()
  expect(await runShow(open, id)).toMatchObject({ exitCode: 1, text: `no dead letter has the id ${id}` })
  expect(await runReplay(open, { ids: [id] }, { by, rate: 50 })).toMatchObject({
    exitCode: 1,
    text: 'replayed 0 dead letters\n1 id named no dead letter',
  })
})

test('a command names at most a thousand ids', () => {
  const ids = Array.from({ length: 1_000 }, () => randomUUID())
  expect(parseIds(randomUUID(), ids.slice(1))).toHaveLength(1_000)
  expect(() => parseIds(randomUUID(), ids)).toThrow('at most 1000 ids')
})

test.for([
  [['list', '--consumer', 'nothing'], 'unknown consumer'],
  [['discard', '--yes', '--error', 'x'], 'name ids or a --consumer'],
  [['replay', randomUUID(), '--consumer', 'sync'], 'not by both'],
] as const)('dead-letters exits with 2 and the usage when its arguments are %j', async ([args, error]) => {
  const { code, stdout, stderr } = await runCli({}, 'dead-letters', ...args)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain(error)
  expect(stderr).toContain(`Usage: goals-tasks dead-letters ${args[0]}`)
})
