import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, until } from '@goals-tasks/devstack/testing'
import { expect, onTestFinished, test } from 'vitest'
import { signToken } from '../support/processes/marked-requests.ts'
import { installProcesses } from '../support/processes/process-installation.ts'

const hasPrometheus = spawnSync('prometheus', ['--version']).status === 0
if (!hasPrometheus) console.warn("prometheus is not installed (Debian's package prometheus): its test is skipped")

type Panel = { title: string; targets?: { expr: string }[] }
const dashboard: { panels: Panel[] } = JSON.parse(
  readFileSync(new URL('../../../../deploy/grafana/goals-tasks.json', import.meta.url), 'utf8'),
)
const queries = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))

/** Starts a Prometheus that scrapes the jobs every second. It ends with the test. */
async function startPrometheus(jobs: Record<string, number[]>) {
  const folder = await mkdtemp(join(tmpdir(), 'prometheus-'))
  const scraped = Object.entries(jobs).map(([name, ports]) => ({
    job_name: name,
    static_configs: [{ targets: ports.map((port) => `127.0.0.1:${port}`) }],
  }))
  const config = join(folder, 'prometheus.json')
  await writeFile(config, JSON.stringify({ global: { scrape_interval: '1s' }, scrape_configs: scraped }))
  const port = await freePort()
  const child = spawn(
    'prometheus',
    [`--config.file=${config}`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=127.0.0.1:${port}`],
    { stdio: 'ignore' },
  )
  onTestFinished(async () => {
    await end(child)
    await rm(folder, { recursive: true, force: true })
  })
  /** Returns the number of series that a query has now, or the error of Prometheus. */
  return async (query: string): Promise<number | string> => {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/query`, {
      method: 'POST',
      body: new URLSearchParams({ query: query.replaceAll('$__rate_interval', '1m') }),
    })
    const { data, error } = (await response.json()) as { data?: { result: unknown[] }; error?: string }
    return data ? data.result.length : (error ?? 'no result')
  }
}

async function end(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}

/** Creates goals and reads them, so that each kind of metric has a value. */
async function sendRequests(apiUrl: string): Promise<void> {
  const authorization = `Bearer ${await signToken('goals:read goals:write')}`
  const send = (path: string, init: RequestInit = {}) =>
    fetch(`${apiUrl}${path}`, { ...init, headers: { authorization, 'content-type': 'application/json' } })
  for (let i = 0; i < 3; i++) {
    const created = await send('/v1/goals', { method: 'POST', body: JSON.stringify({ title: `goal ${i}` }) })
    const location = created.headers.get('location') ?? ''
    for (let read = 0; read < 3; read++) expect((await send(new URL(location, apiUrl).pathname)).status).toBe(200)
  }
}

/** A service without a failure has no response of 500 or above. */
const isEmptyWithoutFaults = (query: string) => query.includes('status=~"5.."')

test.skipIf(!hasPrometheus)('every query of the dashboard has a result from live processes', async () => {
  const processes = await installProcesses()
  const [api] = await Promise.all([processes.startApi(), processes.startWorker(), processes.startOps()])
  const query = await startPrometheus(processes.scrapedJobs())
  await until(async () => (await query('count(up == 1) == 3').catch(() => 0)) === 1)
  await sendRequests(api.url)
  for (const expr of queries)
    if (isEmptyWithoutFaults(expr)) expect(await query(expr), expr).toEqual(expect.any(Number))
    else await until(async () => expect(await query(expr), expr).toBeGreaterThan(0))
})
