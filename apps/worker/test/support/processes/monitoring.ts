import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const deploy = new URL('../../../../../deploy/', import.meta.url)

/** Returns the metrics that the alerts and the dashboard name. The type of a metric decides which suffix it has. */
export function metricsInUse(): string[] {
  const files = ['prometheus/alerts.yml', 'grafana/goals-tasks.json']
  const text = files.map((file) => readFileSync(new URL(file, deploy), 'utf8')).join('\n')
  const names = text.match(/\b(gt|process|nodejs)_[a-z0-9_]+/g) ?? []
  return [...new Set(names.map((name) => name.replace(/(_seconds|_size)_(bucket|sum|count)$/, '$1')))]
}

/** promtool belongs to Debian's package prometheus. Tests that need it are skipped without it. */
export const hasPromtool = spawnSync('promtool', ['--version']).status === 0

/** Returns what promtool finds wrong with an exposition, line by line. */
export function lintMetrics(text: string): string {
  const { stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })
  return stdout + stderr
}
