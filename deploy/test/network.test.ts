import { describeVariables } from '@goals-tasks/config'
import { beforeEach, expect, test } from 'vitest'
import { variables as apiVariables, loadConfig } from '../../apps/api/src/config.ts'
import { opsVariables } from '../../apps/ops/src/config.ts'
import { workerVariables } from '../../apps/worker/src/config.ts'
import { portsOpenTo } from './support/egress.ts'
import { cannotRender, environmentOf, type Manifest, ofKind, render, renderWith } from './support/render.ts'
import { schemaProblems } from './support/schemas.ts'

const all = ['api', 'ops', 'worker-audit', 'worker-email', 'worker-notifications', 'worker-sync']

/**
 * The pods that connect to the servers of each setting, and the ports of these servers. `doctor` runs in a pod of `ops`
 * and looks at all of them.
 */
const destinations: Record<string, { pods: readonly string[]; ports: readonly number[] }> = {
  DATABASE_URL: { pods: [...all, 'migrate'], ports: [5432] },
  DB_HOST: { pods: [...all, 'migrate'], ports: [5432] },
  DATABASE_REPLICA_URL: { pods: ['api', 'ops'], ports: [5432] },
  REDIS_URL: { pods: all, ports: [6379] },
  CACHE_REDIS_URL: { pods: all, ports: [6379] },
  AUTH_JWKS_URL: { pods: ['api', 'ops'], ports: [443] },
  SYNC_URL: { pods: ['worker-sync', 'ops'], ports: [443] },
  SMTP_URL: { pods: ['worker-email', 'ops'], ports: [587, 465] },
  SMTP_HOST: { pods: ['worker-email', 'ops'], ports: [587, 465] },
  OPS_READY_URLS: { pods: ['ops'], ports: [9090] },
  OTEL_EXPORTER_OTLP_ENDPOINT: { pods: all, ports: [4318] },
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: { pods: all, ports: [4318] },
}
/** The addresses of the process itself. */
const ownAddresses = ['HOST', 'PUBLIC_URL']

const settings = new Set(
  [apiVariables, workerVariables, opsVariables].flatMap((schema) => describeVariables(schema).map(({ name }) => name)),
)

beforeEach(({ skip }) => {
  if (cannotRender) skip(cannotRender)
})

const podsOf = (manifests: readonly Manifest[]) => ofKind(manifests, 'Deployment', 'Job')

test('the policies let each pod connect to every server of its settings', () => {
  const manifests = renderWith('production', 'tracing')
  const named = [...settings].filter((name) => /(URLS?|ENDPOINT|HOST)$/.test(name) && !ownAddresses.includes(name))
  expect(named.toSorted()).toEqual(Object.keys(destinations).toSorted())
  const open = Object.fromEntries(
    podsOf(manifests).map((pod) => [pod.metadata.name, [...portsOpenTo(pod, manifests)]] as const),
  )
  for (const [setting, { pods, ports }] of Object.entries(destinations))
    for (const pod of pods) expect(open[pod], `${setting} of ${pod}`).toEqual(expect.arrayContaining([...ports]))
})

test('no policy lets a pod connect to a port that none of its settings needs', () => {
  const manifests = render('production')
  const names = 53
  for (const pod of podsOf(manifests)) {
    const needed = Object.values(destinations).flatMap(({ pods, ports }) =>
      pods.includes(pod.metadata.name) ? ports : [],
    )
    const open = portsOpenTo(pod, manifests)
    expect(
      [...open].filter((port) => port !== names && !needed.includes(port)),
      pod.metadata.name,
    ).toEqual([])
    expect(open.has(4318), pod.metadata.name).toBe(false)
  }
})

test('the component for traces fits the schemas, and its address has the port of its policy', async () => {
  const manifests = renderWith('production', 'tracing')
  expect(await schemaProblems(manifests)).toEqual([])
  const api = ofKind(manifests, 'Deployment').find(({ metadata }) => metadata.name === 'api') ?? expect.fail('no api')
  const secrets = {
    DATABASE_URL: 'postgres://user:password@postgres/goals_tasks',
    REDIS_URL: 'redis://redis',
    AUTH_JWKS_URL: 'https://keys.example/jwks',
  }
  const { tracing } = loadConfig({ ...environmentOf(manifests, api), ...secrets })
  expect(tracing).toMatchObject({ sampler: 'parentbased_traceidratio', ratio: 0.01 })
  expect(portsOpenTo(api, manifests)).toContain(Number(new URL(tracing?.url ?? '').port))
})

test('every variable of the manifests is a setting', () => {
  for (const manifests of [render('small'), renderWith('production', 'tracing')])
    for (const deployment of ofKind(manifests, 'Deployment')) {
      const unknown = Object.keys(environmentOf(manifests, deployment)).filter((name) => !settings.has(name))
      expect(unknown, deployment.metadata.name).toEqual([])
    }
})
