import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { until } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import { startCollector } from '../support/processes/collector.ts'
import { signToken } from '../support/processes/marked-requests.ts'
import { installProcesses } from '../support/processes/process-installation.ts'
import { drawWaterfall } from '../support/processes/waterfall.ts'
import { startReceiver } from '../support/receiver.ts'

const picture = new URL('../../../../docs/images/trace.svg', import.meta.url)

// `DRAW=1` writes the picture of the docs.
test('a request is drawn as a waterfall from the spans of real processes', async () => {
  const [collector, receiver] = await Promise.all([startCollector(), startReceiver((response) => response.end())])
  const settings = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_BSP_SCHEDULE_DELAY: '50',
    SYNC_URL: receiver.url,
  }
  const processes = await installProcesses({ settings })
  await processes.startWorker()
  const { url } = await processes.startApi()
  const authorization = `Bearer ${await signToken('goals:read goals:write')}`
  const createGoal = async () => {
    const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')]
    const response = await fetch(`${url}/v1/goals`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json', traceparent: `00-${traceId}-${spanId}-01` },
      body: JSON.stringify({ title: 'a goal' }),
    })
    expect(response.status).toBe(201)
    const jobs = ['job audit-log', 'effect sync', 'webhook_deliveries_finish']
    await until(() => jobs.every((job) => collector.ofTrace(traceId).some(({ name }) => name === job)))
    return { spans: collector.ofTrace(traceId), spanId }
  }
  // The first requests compile code and open connections.
  for (let i = 0; i < 5; i++) await createGoal()
  const { spans, spanId } = await createGoal()
  const svg = drawWaterfall(spans, spanId)
  for (const name of ['POST /v1/goals', 'goals_create', 'job audit-log', 'effect sync'])
    expect(svg).toContain(`>${name}</text>`)
  if (process.env.DRAW === '1') await writeFile(picture, svg)
})
