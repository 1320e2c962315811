import { describeVariables } from '@goals-tasks/config'
import { beforeEach, expect, test } from 'vitest'
import { parse } from 'yaml'
import { variables as apiVariables, loadConfig } from '../../apps/api/src/config.ts'
import { opsVariables } from '../../apps/ops/src/config.ts'
import { workerVariables } from '../../apps/worker/src/config.ts'
import { peersOf, portsOpenTo } from './support/egress.ts'
import { portOf, sourcesOf } from './support/ingress.ts'
import { readPage } from './support/page.ts'
import {
  cannotRender,
  environmentOf,
  type Manifest,
  ofKind,
  overlays,
  podOf,
  render,
  renderWith,
} from './support/render.ts'
import { schemaProblems } from './support/schemas.ts'
import { matches, podLabels, workloads } from './support/selectors.ts'

const all = ['api', 'ops', 'worker-audit', 'worker-email', 'worker-notifications', 'worker-sync']
const migrations = ['migrate', 'migrate-after-deploy']

/**
 * The pods that connect to the servers of each setting, and the ports of these servers. `doctor` runs in a pod of `ops`
 * and looks at all of them.
 */
const destinations: Record<string, { pods: readonly string[]; ports: readonly number[] }> = {
  DATABASE_URL: { pods: [...all, ...migrations], ports: [5432] },
  DB_HOST: { pods: [...all, ...migrations], ports: [5432] },
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

const podsOf = (manifests: readonly Manifest[]) => ofKind(manifests, 'Deployment', 'Job', 'CronJob')

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

const outside = ['0.0.0.0/0 without 169.254.0.0/16', '::/0 without fd00:ec2::254/128 without fe80::/10']

/** The peers behind each port to which a pod may connect. Postgres and Redis may be in the cluster or outside. */
const peers: Record<string, string[]> = {
  'UDP 53': ['namespace kube-system'],
  'TCP 53': ['namespace kube-system'],
  'TCP 5432': ['everywhere'],
  'TCP 6379': ['everywhere'],
  'TCP 443': outside,
  'TCP 465': outside,
  'TCP 587': outside,
  'TCP 4318': ['namespace observability'],
  'TCP 9090': ['api'],
}

test.for([...overlays, 'tracing'] as const)(
  'in %s each port to which a pod may connect leads to its servers, and no port outside to a metadata service',
  (name) => {
    const manifests = name === 'tracing' ? renderWith('production', name) : render(name)
    for (const pod of podsOf(manifests)) {
      const found = peersOf(pod, manifests)
      const expected = Object.keys(found).map((port) => [port, peers[port] ?? `no peer of ${port} is known`])
      expect(found, pod.metadata.name).toEqual(Object.fromEntries(expected))
      expect(Object.keys(found), pod.metadata.name).toEqual(expect.arrayContaining(['UDP 53', 'TCP 53']))
    }
  },
)

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

const workers = all.filter((name) => name.startsWith('worker-'))
const forEach = <T>(names: readonly string[], value: T) => Object.fromEntries(names.map((name) => [name, value]))
const fromIngress = 'namespace ingress'
const fromPrometheus = 'namespace monitoring'

/** The clients of each port of each pod. Nothing connects to a pod or to a port that is not here. */
const sources: Record<(typeof overlays)[number], Record<string, Record<string, string[]>>> = {
  small: {
    ...forEach([...workers, ...migrations], {}),
    api: { 3000: [fromIngress], 9090: ['ops'] },
    ops: { 3001: [fromIngress] },
    postgres: { 5432: [...all, ...migrations].sort() },
    valkey: { 6379: [...all].sort() },
  },
  production: {
    ...forEach(workers, { 9090: [fromPrometheus] }),
    ...forEach(migrations, {}),
    api: { 3000: [fromIngress], 9090: [fromPrometheus, 'ops'] },
    ops: { 3001: [fromIngress, 'namespace keda'], 9090: [fromPrometheus] },
  },
}

test.for(overlays)('in %s each port of a container is open to its clients, and to no other pod', (overlay) => {
  const manifests = render(overlay)
  const pods = workloads(manifests)
  const open = Object.fromEntries(pods.map((pod) => [pod.metadata.name, sourcesOf(pod, manifests)]))
  expect(open).toEqual(sources[overlay])
  // The policies of a client let out all that the policies of its server let in.
  for (const [server, ports] of Object.entries(open))
    for (const [port, clients] of Object.entries(ports))
      for (const client of pods.filter(({ metadata }) => clients.includes(metadata.name)))
        expect(portsOpenTo(client, manifests), `${client.metadata.name} to ${server}`).toContain(Number(port))
})

/** Returns the pods that a Service selects. */
const podsBehind = ({ spec }: Manifest, manifests: readonly Manifest[]) =>
  workloads(manifests).filter((each) => matches({ matchLabels: spec.selector }, podLabels(each)))

type ServicePort = { name: string; port: number; targetPort?: number | string }

test.for(overlays)(
  'in %s each Service selects the pods of its name, at ports that their containers have',
  (overlay) => {
    const manifests = render(overlay)
    const services = ofKind(manifests, 'Service')
    expect(services.length).toBeGreaterThan(1)
    for (const service of services) {
      const pods = podsBehind(service, manifests)
      expect(pods.map(({ metadata }) => metadata.name)).toEqual([service.metadata.name])
      for (const pod of pods)
        for (const { port, targetPort = port } of service.spec.ports as ServicePort[])
          expect(portOf(pod, targetPort), service.metadata.name).toBe(port)
    }
  },
)

test('Prometheus finds each process once, at its port for the probes', () => {
  const manifests = render('production')
  const byService = ofKind(manifests, 'ServiceMonitor').flatMap(({ spec }) =>
    ofKind(manifests, 'Service')
      .filter(({ metadata }) => matches(spec.selector, metadata.labels ?? {}))
      .flatMap((service) => {
        const [endpoint] = spec.endpoints
        const { targetPort } = service.spec.ports.find(({ name }: ServicePort) => name === endpoint.port)
        return podsBehind(service, manifests).map((pod) => [pod.metadata.name, portOf(pod, targetPort)])
      }),
  )
  const byPod = ofKind(manifests, 'PodMonitor').flatMap(({ spec }) =>
    workloads(manifests)
      .filter((pod) => matches(spec.selector, podLabels(pod)))
      .map((pod) => {
        expect(Object.keys(podLabels(pod))).toEqual(expect.arrayContaining(spec.podTargetLabels))
        const named = podOf(pod).containers.flatMap(({ ports = [] }) => ports)
        const [{ port }] = spec.podMetricsEndpoints
        return [pod.metadata.name, named.find(({ name }) => name === port)?.containerPort]
      }),
  )
  expect([...byService, ...byPod].sort()).toEqual(all.map((name) => [name, 9090]).sort())
})

test('the Ingress of the page fits the schemas, and leads to a port of a Service that its policy opens', async () => {
  const page = readPage()
  const ingress: Manifest = parse(/^ *```yaml\n( *apiVersion: networking[^`]*)```/m.exec(page)?.[1] ?? '')
  const manifests = render('production')
  expect(await schemaProblems([ingress])).toEqual([])
  const { name, port } = ingress.spec.rules[0].http.paths[0].backend.service
  const service = ofKind(manifests, 'Service').find(({ metadata }) => metadata.name === name) ?? expect.fail(name)
  expect(ingress.metadata.namespace).toBe(service.metadata.namespace)
  const found = service.spec.ports.find((each: ServicePort) => each.name === port.name)
  expect(sources.production[name]?.[found?.port]).toContain(fromIngress)
})
