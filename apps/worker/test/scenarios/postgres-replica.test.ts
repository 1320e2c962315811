import { migrate } from '@goals-tasks/db'
import { ownPrimary, ownStandby, until } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import { createSender } from '../support/processes/failover-load.ts'
import { signToken } from '../support/processes/marked-requests.ts'
import { installProcesses } from '../support/processes/process-installation.ts'

/** Returns the value of a counter of an API, 0 when it has none. */
const countOf = (metrics: string, outcome: string) =>
  Number(new RegExp(`^gt_replica_reads_total\\{outcome="${outcome}"\\} (\\d+)$`, 'm').exec(metrics)?.[1] ?? 0)

test('the replica answers reads of the history, and none fails when it is dead', async () => {
  const primary = await ownPrimary()
  await migrate(primary.url)
  const standby = await ownStandby(primary, { name: 'replica' })
  const settings = { DATABASE_REPLICA_URL: standby.url }
  const processes = await installProcesses({ database: { url: primary.url }, settings })
  const { url } = await processes.startApi()
  const send = createSender(await signToken('goals:read goals:write'))
  const metrics = async () => (await processes.scrape()).join()
  const replicaOf = async () =>
    ((await processes.runCommand('doctor')).document.findings as { check: string; state: string }[]).find(
      ({ check }) => check === 'Postgres: replica',
    )

  const { body } = await send(`${url}/v1/goals`, 'POST', { title: 'first' })
  const goal = `${url}/v1/goals/${body.id}`
  /** Changes the goal, and expects the change in its history. */
  async function change(title: string): Promise<void> {
    expect((await send(goal, 'PATCH', { title })).status).toBe(200)
    const history = await send(`${goal}/history`)
    expect(history).toMatchObject({
      status: 200,
      body: { data: expect.arrayContaining([expect.objectContaining({ after: expect.objectContaining({ title }) })]) },
    })
  }
  for (let i = 1; i <= 20; i++) await change(`title ${i}`)
  let number = 0
  const untilReplicaAnswers = async () => {
    const before = countOf(await metrics(), 'replica')
    await until(async () => {
      await change(`again ${number++}`)
      return countOf(await metrics(), 'replica') > before
    })
  }
  await untilReplicaAnswers()
  expect(await metrics()).toMatch(/^gt_replica_behind_bytes \d+$/m)
  expect(await replicaOf()).toMatchObject({ state: 'ok' })

  await standby.kill()
  for (let i = 1; i <= 20; i++) await change(`later ${i}`)
  const after = await metrics()
  expect(countOf(after, 'failed')).toBeGreaterThan(0)
  expect(countOf(after, 'paused')).toBeGreaterThan(0)
  expect(after).not.toMatch(/^gt_replica_behind_bytes \d/m)
  expect(await replicaOf()).toMatchObject({ state: 'problem' })

  await standby.start()
  await untilReplicaAnswers()
})
