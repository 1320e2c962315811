import { readFileSync } from 'node:fs'
import { parse, stringify } from 'yaml'

const source = 'deploy/prometheus/alerts.yml'

/** Returns the alert rules as an object for the operator of Prometheus. */
export function prometheusRule(): string {
  const { groups } = parse(readFileSync(source, 'utf8'))
  const rule = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'goals-tasks' },
    spec: { groups },
  }
  return `# Generated from ${source}: npm run generate\n${stringify(rule, { lineWidth: 0 })}`
}
