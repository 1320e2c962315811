import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'

type Alert = { alert: string; expr: string; labels: { severity: string }; annotations: Record<string, string> }
type Panel = { id: number; type: string; title: string; targets?: { refId: string; expr: string }[] }

const root = resolve(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const rules: { groups: { rules: Alert[] }[] } = parse(read('deploy/prometheus/alerts.yml'))
const alerts = rules.groups.flatMap((group) => group.rules)
type AlertTest = { name: string; promql_expr_test: { expr: string; exp_samples?: { value: number }[] }[] }
const alertTests: { tests: AlertTest[] } = parse(read('deploy/prometheus/alerts.test.yml'))
const dashboard: { panels: Panel[] } = JSON.parse(read('deploy/grafana/goals-tasks.json'))
const queries = dashboard.panels.flatMap((panel) => panel.targets ?? []).map(({ expr }) => expr)

const promtool = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync('promtool', args, {
    cwd: join(root, 'deploy/prometheus'),
    encoding: 'utf8',
  })
  return { status, output: stdout + stderr }
}
const hasPromtool = spawnSync('promtool', ['--version']).status === 0
if (!hasPromtool) console.warn("promtool is not installed (Debian's package prometheus): its three tests are skipped")

/** Returns the sections of the third level in a page, by their titles. */
const sectionsOf = (page: string) =>
  new Map(
    page
      .split(/^### /m)
      .slice(1)
      .map((section) => [section.split('\n', 1)[0] ?? '', section]),
  )

test('every alert has a severity, a sentence with its object, and a section with steps in the runbook', () => {
  const sections = sectionsOf(read('docs/operations.md'))
  expect(alerts.length).toBeGreaterThan(15)
  expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length)
  for (const { alert, labels, annotations } of alerts) {
    expect(['critical', 'warning'], alert).toContain(labels.severity)
    expect(annotations.summary, alert).toMatch(/^\S.{10,}\.$/)
    expect(annotations.runbook, alert).toBe(`docs/operations.md#${alert.toLowerCase()}`)
    expect(sections.get(alert), alert).toMatch(/\n\n1\. /)
  }
  const titles = [...sections.keys()].filter((title) => title.startsWith('GoalsTasks'))
  expect(titles.sort()).toEqual(alerts.map(({ alert }) => alert).sort())
})

/** Returns the alerts of which a test expects at one time that they do not fire, and at another that they do. */
function firingAlerts(tests: readonly AlertTest[]): string[] {
  return tests.flatMap(({ name, promql_expr_test: looks }) => {
    const [, alert] = /^(\w+) fires when /.exec(name) ?? []
    const firings = looks
      .filter(({ expr }) => expr === `count(ALERTS{alertname="${alert}",alertstate="firing"})`)
      .map(({ exp_samples: samples = [] }) => samples.some(({ value }) => value > 0))
    return alert && firings.includes(false) && firings.includes(true) ? [alert] : []
  })
}

test('every alert has a test that makes it fire', () => {
  expect(firingAlerts(alertTests.tests).sort()).toEqual(alerts.map(({ alert }) => alert).sort())
  const expr = 'count(ALERTS{alertname="GoalsTasksDown",alertstate="firing"})'
  const [quiet, firing] = [{ expr }, { expr, exp_samples: [{ value: 1 }] }]
  const looks = [[quiet, firing], [quiet], [{ ...firing, expr: 'up' }, quiet]]
  const tests = looks.map((promql_expr_test) => ({ name: 'GoalsTasksDown fires when …', promql_expr_test }))
  expect(firingAlerts(tests)).toEqual(['GoalsTasksDown'])
})

test('every panel of the dashboard has a title and queries, and its id once', () => {
  const { panels } = dashboard
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
  for (const { type, title, targets = [] } of panels.filter((panel) => panel.type !== 'row')) {
    expect(type).toBe('timeseries')
    expect(targets.length, title).toBeGreaterThan(0)
  }
})

test.skipIf(!hasPromtool)('promtool accepts the rules and the sample configuration', () => {
  expect(promtool('check', 'config', 'prometheus.yml')).toMatchObject({ status: 0 })
})

test.skipIf(!hasPromtool)('every alert fires in its test, and none when everything is in order', () => {
  const { status, output } = promtool('test', 'rules', 'alerts.test.yml')
  expect(output).toContain('SUCCESS')
  expect(status).toBe(0)
})

test.skipIf(!hasPromtool)('promtool accepts every query of the dashboard', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dashboard-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const recorded = queries.map((expr, i) => ({ record: `query_${i}`, expr: expr.replaceAll('$__rate_interval', '5m') }))
  const file = join(folder, 'rules.json')
  writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules: recorded }] }))
  expect(promtool('check', 'rules', file)).toMatchObject({ status: 0 })
})
