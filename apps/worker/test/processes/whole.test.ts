import { fileFixture, until } from '@goals-tasks/devstack/testing'
import { test as base, expect } from 'vitest'
import { expectedCommits, expectedOutcome } from '../support/processes/expected-outcome.ts'
import { parseExposition } from '../support/processes/exposition.ts'
import { startMarkedMail, useMarkedFeatures } from '../support/processes/marked-features.ts'
import { isSecretFree, sampleTexts, sendMarkedRequests } from '../support/processes/marked-requests.ts'
import { hasPromtool, lintMetrics, metricsInUse } from '../support/processes/monitoring.ts'
import { installProcesses } from '../support/processes/process-installation.ts'

/**
 * The sample goes through the processes of one installation, and into the API of another one on the same Redis, which
 * has no worker yet.
 */
const test = base.extend(
  'run',
  { scope: 'file' },
  fileFixture(async () => {
    const { mail, settings } = await startMarkedMail()
    const [one, other] = await Promise.all([
      installProcesses({ settings: { ...settings, LOG_LEVEL: 'debug' } }),
      installProcesses(),
    ])
    const started = [one.startApi(), one.startWorker(), one.startOps(), other.startApi()] as const
    const [api, worker, ops, otherApi] = await Promise.all(started)
    const othersLoad = other.loadSample(otherApi.url)
    const outcome = await one.loadSample(api.url).outcome()
    return { one, other, api, worker, ops, othersLoad, outcome, mail }
  }),
)

test('every change takes effect once at every consumer, and a second installation on its Redis is unaffected', async ({
  run: { one, other, api, worker, othersLoad, outcome },
}) => {
  // The worker of the first installation finds none of the jobs of the second one.
  expect(outcome).toMatchObject(expectedOutcome)
  await other.untilCommitted(expectedCommits)
  expect(await other.count('goal_audit_log')).toBe(0)
  expect(worker.logs.filter(({ level }) => level !== 'info' && level !== 'debug')).toEqual([])

  const again = { writes: 0, goalsLeftAsTheyAre: expectedOutcome.inFile.goals }
  expect(await one.loadSample(api.url).outcome()).toMatchObject({ ...expectedOutcome, ...again })

  // Every job is in the queues, so the sweeper has nothing to enqueue.
  const othersWorker = await other.startWorker()
  expect(await othersLoad.outcome()).toMatchObject(expectedOutcome)
  expect(othersWorker.logs.filter((line) => line.msg === 'events enqueued again')).toEqual([])
})

test('every metric has a name, a help and bounded labels, and the alerts and the dashboard use no other', async ({
  run: { one },
}) => {
  const families = (await one.scrape()).flatMap((text) => [...parseExposition(text)])
  for (const [name, { type, help, samples }] of families) {
    expect(name).toMatch(/^(gt|process|nodejs)_[a-z0-9_]+$/)
    expect(help.length, name).toBeGreaterThan(5)
    if (name.startsWith('gt_')) expect(name.endsWith('_total'), name).toBe(type === 'counter')
    expect(samples.length, name).toBeLessThan(1_500)
    for (const value of samples.flatMap(({ labels }) => Object.values(labels)))
      expect(value, name).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}|^.{80}/)
  }
  const statements = families.flatMap(([name, { samples }]) =>
    name === 'gt_db_query_duration_seconds' ? samples.map(({ labels }) => labels.statement) : [],
  )
  expect(new Set(statements)).toEqual(new Set(statements.filter((statement) => /^[a-z_]+$/.test(statement ?? ''))))
  const names = families.map(([name]) => name)
  expect(metricsInUse().filter((name) => !names.includes(name))).toEqual([])
})

test.skipIf(!hasPromtool)('promtool finds no fault in the metrics of any process', async ({ run: { one } }) => {
  for (const text of await one.scrape()) expect(lintMetrics(text)).toBe('')
})

test('no process logs a secret, a title, a description or a mail address, also when it refuses a request', async ({
  run: { one, api, worker, ops, mail },
}) => {
  const untilHandled = () => until(async () => (await one.count('deliveries')) === 0)
  const markers = [
    ...(await sendMarkedRequests(api.url, ops.url)),
    ...(await useMarkedFeatures({ apiUrl: api.url, mail, untilHandled })),
  ]
  await api.process.waitForLog((line) => line.status === 400)
  await ops.process.waitForLog((line) => line.status === 401)
  await untilHandled()
  const outputs = [api.process, worker, ops.process].map((process) => process.stdout() + process.stderr())
  for (const text of [...markers, ...sampleTexts]) for (const output of outputs) expect(output).not.toContain(text)
  for (const output of outputs) expect(output).toSatisfy(isSecretFree)
})
