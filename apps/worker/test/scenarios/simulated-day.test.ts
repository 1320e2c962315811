import { randomInt } from 'node:crypto'
import { startTcpProxy } from '@goals-tasks/devstack/testing'
import type { ReceivedMail } from '@goals-tasks/mail/testing'
import { expect } from 'vitest'
import { setMadeUntil } from '../support/due-tasks.ts'
import { openMail } from '../support/mail.ts'
import { countRows } from '../support/rows.ts'
import { createActors, createSharedClock, letTimePass, startWorkers, untilDone } from '../support/simulated-day/day.ts'
import { dueNotices, insertDueTasksOf } from '../support/simulated-day/due-notices.ts'
import { type Day, expectedMailsOf } from '../support/simulated-day/expected-mails.ts'
import { createLocalClock } from '../support/simulated-day/local-clock.ts'
import { insertPeople, makePeople, zones } from '../support/simulated-day/people.ts'
import { noticesOf, planTasks } from '../support/simulated-day/plan.ts'
import { test } from '../support/test.ts'

const [hourMs, peopleCount, taskCount, dueCount, kills] = [3_600_000, 200, 1_650, 60, 6]
/** Sydney puts its clock back four hours later, and New York puts its clock forward fifteen hours later than that. */
const startMs = Date.parse('2006-04-01T12:00Z')
/** The mail server is down for an hour. */
const day: Day = { startMs, stepMs: hourMs / 2, steps: 48, isDown: (step) => step === 22 || step === 23 }
const nowhere = 'smtp://127.0.0.1:1'

const clocks = new Map(
  zones.map((zone) => [zone, createLocalClock(zone, startMs - 24 * hourMs, startMs + 72 * hourMs)]),
)
const clockOf = (zone: (typeof zones)[number]) => clocks.get(zone) ?? expect.fail(zone)

/** The notifications that a mail lists. */
const headingsIn = ({ subject = '', text = '' }: ReceivedMail): string[] => {
  const listed = [...text.matchAll(/^\* (.+)$/gm)].map(([, heading]) => heading ?? '')
  return (listed.length > 0 ? listed : [subject]).toSorted()
}

test('each person gets each notification once, in its window and by its channel, when workers are killed', async ({
  installation,
}) => {
  const seed = randomInt(2 ** 31)
  console.info(`the seed of the day is ${seed}`)
  const { pool } = installation
  const people = makePeople(peopleCount, seed)
  const planned = planTasks(taskCount, { people: peopleCount, steps: day.steps, seed: seed + 1 })
  const due = Array.from({ length: dueCount }, (_, i) => ({
    title: `due ${i}`,
    owner: people[i] ?? expect.fail('no owner'),
    assignee: people[i + dueCount] ?? expect.fail('no assignee'),
    dueAtMs: startMs + (24 + (i % 24)) * hourMs + 10 * 60_000,
  }))
  const mail = await openMail(pool)
  const proxy = await startTcpProxy(mail.server.url)
  const clock = createSharedClock()
  clock.set(startMs)
  await insertPeople(pool, people)
  await insertDueTasksOf(pool, due)
  await setMadeUntil(pool, new Date(startMs).toISOString())
  const actors = createActors(installation, people)
  await actors.createGoals()
  const workers = startWorkers(2, {
    ...{ url: installation.url, redisUrl: installation.redisUrl, prefix: installation.prefix },
    ...{ smtpPort: Number(new URL(proxy.url).port), clockFile: clock.file },
  })
  await workers.ready()

  const killSteps = new Set(Array.from({ length: kills }, (_, i) => i * 8 + randomInt(8)))
  const stepOfMail = new Map<string, { step: number; mail: ReceivedMail }>()
  for (let step = 0, seen = 0; step < day.steps; step++) {
    const nowMs = startMs + step * day.stepMs
    proxy.pointTo(day.isDown(step) ? nowhere : mail.server.url)
    if (day.isDown(step)) proxy.reset()
    clock.set(nowMs)
    await letTimePass(installation)
    const work = [
      actors.create(planned.filter(({ createdAt }) => createdAt === step)),
      actors.change(planned.filter(({ changedAt }) => changedAt === step)),
    ]
    if (killSteps.has(step)) await workers.killOne()
    await Promise.all(work)
    await untilDone(installation, nowMs, { isDown: day.isDown(step) })
    // A repetition has the id of the mail that it repeats.
    for (const each of mail.server.received.slice(seen)) {
      const id = each.messageId ?? ''
      const earlier = stepOfMail.get(id)
      if (earlier) expect(headingsIn(each)).toEqual(headingsIn(earlier.mail))
      else stepOfMail.set(id, { step, mail: each })
    }
    seen = mail.server.received.length
  }

  const notices = [
    ...planned.flatMap((task) => noticesOf(task, people)),
    ...due.flatMap((task) => dueNotices(task, { ...day, clock: clockOf(task.assignee.zone) })),
  ].filter(({ step }) => step < day.steps)
  const noticesByUser = Map.groupBy(notices, ({ userId }) => userId)
  const expected = people.flatMap((person) =>
    expectedMailsOf(noticesByUser.get(person.id) ?? [], { person, day, clock: clockOf(person.zone) }),
  )
  const received = [...stepOfMail.values()].map(({ step, mail: each }) => ({
    ...{ userId: each.recipient.split('@')[0] ?? '', step, headings: headingsIn(each) },
  }))
  const lines = (mails: typeof received) =>
    mails.map(({ userId, step, headings }) => `${userId} at ${step}: ${headings.join(', ')}`).toSorted()
  expect(lines(received)).toEqual(lines(expected))
  expect(received.length).toBeGreaterThan(500)

  const isOff = (userId: string, kind: string) =>
    people.find(({ id }) => id === userId)?.off.some((each) => each.kind === kind && each.channel === 'in-app')
  const { rows } = await pool.query(`select user_id, kind, title from notifications where channel = 'in-app'`)
  expect(rows.map((row) => `${row.user_id} ${row.kind} ${row.title}`).toSorted()).toEqual(
    notices
      .filter(({ userId, kind }) => !isOff(userId, kind))
      .map(({ userId, kind, heading }) => `${userId} ${kind} ${heading.split(': ')[1]}`)
      .toSorted(),
  )
  const mailed = received.flatMap(({ headings }) => headings).length
  expect(await countRows(pool, `notifications where channel = 'email' and sent_at is not null`)).toBe(mailed)
  expect(await countRows(pool, `events where type = 'notification:sent' and after->>'channel' = 'email'`)).toBe(mailed)
  expect(await countRows(pool, 'dead_letters')).toBe(0)
  expect(await countRows(pool, `events where type like 'task:%' or type like 'goal:%'`)).toBeGreaterThan(5_000)
})
