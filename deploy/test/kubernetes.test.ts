import { consumerNames } from '@goals-tasks/events'
import { beforeEach, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { loadConfig } from '../../apps/api/src/config.ts'
import { configOf, processOf } from './support/config.ts'
import { readPage } from './support/page.ts'
import {
  cannotRender,
  containersOf,
  environmentOf,
  ofKind,
  overlays,
  podOf,
  render,
  renderMore,
  renderWith,
} from './support/render.ts'
import { schemaProblems } from './support/schemas.ts'
import { namesOfMatches, podLabels, selects, workloads } from './support/selectors.ts'

const isOwn = (image: string) => image.startsWith('goals-tasks:')

beforeEach(({ skip }) => {
  if (cannotRender) skip(cannotRender)
})

describe.for(overlays)('the overlay %s', (overlay) => {
  const manifests = cannotRender ? [] : render(overlay)
  const deployments = ofKind(manifests, 'Deployment')
  const pods = workloads(manifests)

  test('fits the schemas, which refuse unknown members', async () => {
    expect(manifests.length).toBeGreaterThan(20)
    expect(await schemaProblems(manifests)).toEqual([])
  })

  test('has one worker for each consumer', () => {
    const served = deployments.flatMap((each) => environmentOf(manifests, each).WORKER_CONSUMERS?.split(',') ?? [])
    expect(served.toSorted()).toEqual([...consumerNames].sort())
  })

  test('gives each process more time to stop than it takes', () => {
    expect(deployments.length).toBe(6)
    for (const deployment of deployments) {
      const { shutdownTimeoutMs, ...others } = processOf(deployment, manifests).config
      const delayMs = 'shutdownDelayMs' in others ? others.shutdownDelayMs : 0
      const graceMs = podOf(deployment).terminationGracePeriodSeconds * 1_000
      expect(graceMs, deployment.metadata.name).toBeGreaterThanOrEqual(delayMs + shutdownTimeoutMs + 10_000)
      if (deployment.metadata.name.startsWith('worker')) continue
      // The endpoints forget a pod when its probe has failed so often.
      const { periodSeconds = 0, failureThreshold = 0 } = podOf(deployment).containers[0]?.readinessProbe ?? {}
      expect(delayMs).toBeGreaterThan(periodSeconds * failureThreshold * 1_000)
    }
  })

  test('runs nothing as root, with a token, with a capability, or with a file system of the image to write to', () => {
    expect(pods.length).toBeGreaterThan(5)
    for (const { metadata, ...rest } of pods) {
      const pod = podOf({ metadata, ...rest })
      expect(pod, metadata.name).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      })
      expect(pod.securityContext?.runAsUser, metadata.name).toBeGreaterThan(0)
      // Equal, because another member of a container would override that of its pod.
      for (const { image, securityContext } of containersOf(pod))
        expect(securityContext, metadata.name).toEqual({
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
          ...(isOwn(image) && { readOnlyRootFilesystem: true }),
        })
    }
    for (const account of ofKind(manifests, 'ServiceAccount'))
      expect(account, account.metadata.name).toMatchObject({ automountServiceAccountToken: false })
  })

  test('selects the pods of each Deployment, and no other ones, for its replicas, its budget and its spread', () => {
    const budgets = ofKind(manifests, 'PodDisruptionBudget')
    // The one replica of `ops` has no budget.
    expect(budgets.map(({ metadata }) => metadata.name).sort()).toEqual(
      deployments
        .map(({ metadata }) => metadata.name)
        .filter((name) => name !== 'ops')
        .toSorted(),
    )
    for (const { metadata, spec } of budgets) {
      expect(namesOfMatches(spec.selector, manifests)).toEqual([metadata.name])
      // A budget that forbids each eviction would block the drain of a node.
      expect(spec, metadata.name).toMatchObject({ maxUnavailable: 1 })
    }
    for (const deployment of deployments) {
      const { name } = deployment.metadata
      expect(namesOfMatches(deployment.spec.selector, manifests)).toEqual([name])
      const { topologySpreadConstraints: spread = [] } = podOf(deployment)
      expect(spread.map(({ topologyKey }) => topologyKey).sort(), name).toEqual([
        'kubernetes.io/hostname',
        'topology.kubernetes.io/zone',
      ])
      for (const { labelSelector } of spread) expect(namesOfMatches(labelSelector, manifests)).toEqual([name])
    }
  })

  test('names a tag of each image that is not latest, and asks no registry for an image that a node has', () => {
    for (const { image, imagePullPolicy } of pods.flatMap((each) => containersOf(podOf(each)))) {
      const [, tag = 'latest'] = /:([^:/]+)$/.exec(image) ?? []
      expect(tag, image).not.toBe('latest')
      // With such a tag Kubernetes sets IfNotPresent where a manifest has no policy.
      expect(imagePullPolicy ?? 'IfNotPresent', image).toBe('IfNotPresent')
    }
  })

  test('gives the migrations, and nothing else, the Secret of the owner of the tables, which wins', () => {
    const named = pods.filter((each) => JSON.stringify(each).includes('goals-tasks-migrate'))
    expect(named.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort()).toEqual([
      'CronJob migrate-after-deploy',
      'Job migrate',
    ])
    for (const each of named) {
      const [container, ...others] = containersOf(podOf(each))
      expect(others).toEqual([])
      expect(container?.envFrom).toEqual([
        { configMapRef: { name: 'goals-tasks' } },
        { secretRef: { name: expect.stringMatching(/^goals-tasks(-[a-z0-9]{10})?$/) } },
        { secretRef: { name: 'goals-tasks-migrate', optional: true } },
      ])
    }
  })

  test('starts the postponed migrations at no time by itself, and with the settings of the Job', () => {
    const [job] = ofKind(manifests, 'Job')
    const [cronJob, ...others] = ofKind(manifests, 'CronJob')
    expect(others).toEqual([])
    expect(cronJob?.spec.suspend).toBe(true)
    const settings = structuredClone(job?.spec ?? expect.fail('no Job'))
    settings.template.spec.containers[0].args = ['migrate', '--after-deploy']
    expect(cronJob?.spec.jobTemplate.spec).toEqual(settings)
  })

  test('mounts the certificate of the component ca into each container of the service', async () => {
    const withCa = renderWith(overlay, 'ca')
    expect(await schemaProblems(withCa)).toEqual([])
    const own = workloads(withCa).filter((each) => isOwn(podOf(each).containers[0]?.image ?? ''))
    expect(own.length).toBe(deployments.length + 2)
    for (const each of own) {
      const { volumes } = podOf(each)
      expect(volumes, each.metadata.name).toEqual([{ name: 'ca', configMap: { name: 'goals-tasks-ca' } }])
      for (const { env = [], volumeMounts } of containersOf(podOf(each))) {
        expect(volumeMounts).toEqual([{ name: 'ca', mountPath: '/etc/goals-tasks/ca', readOnly: true }])
        expect(env).toContainEqual({ name: 'NODE_EXTRA_CA_CERTS', value: '/etc/goals-tasks/ca/ca.pem' })
      }
      // The component adds to the environment of a process and replaces nothing.
      const { NODE_EXTRA_CA_CERTS: _, ...others } = environmentOf(withCa, each)
      const before = pods.find(({ metadata }) => metadata.name === each.metadata.name)
      expect(others).toEqual(environmentOf(manifests, before ?? expect.fail(each.metadata.name)))
    }
  })

  test('gives each process its probes, and a migration to wait for', () => {
    for (const deployment of deployments) {
      const { initContainers, containers } = podOf(deployment)
      expect(initContainers?.map(({ args }) => args)).toEqual([['migrate', '--wait']])
      expect(containers[0]).toMatchObject({
        startupProbe: { httpGet: { path: '/healthz', port: 'probes' } },
        livenessProbe: { httpGet: { path: '/healthz', port: 'probes' } },
        readinessProbe: { httpGet: { path: '/readyz', port: 'probes' } },
        ports: expect.arrayContaining([{ name: 'probes', containerPort: 9090 }]),
      })
      expect(environmentOf(manifests, deployment).PROBE_PORT).toBe('9090')
    }
  })

  test('forbids all traffic that no policy allows, and each policy selects a pod that exists', () => {
    const policies = ofKind(manifests, 'NetworkPolicy')
    expect(policies.find(({ metadata }) => metadata.name === 'nothing')?.spec).toEqual({
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
    })
    const labels = pods.map(podLabels)
    for (const policy of policies)
      expect(
        labels.some((each) => selects(policy, each)),
        policy.metadata.name,
      ).toBe(true)
  })
})

test('small runs the image that the page says how to load', () => {
  const page = readPage()
  const containers = workloads(render('small')).flatMap((each) => containersOf(podOf(each)))
  const own = containers.filter(({ image }) => isOwn(image))
  const [image, ...others] = new Set(own.map((container) => container.image))
  expect(others).toEqual([])
  for (const command of [`docker tag goals-tasks ${image}`, `kind load docker-image ${image}`])
    expect(page).toContain(`\n${command}\n`)
  for (const { name, imagePullPolicy } of own) expect(imagePullPolicy, name).toBe('IfNotPresent')
})

test('the commands of the page name objects that exist', () => {
  const manifests = render('production')
  const namesOf = (kind: string) => ofKind(manifests, kind).map(({ metadata }) => metadata.name)
  const loops = [...readPage().matchAll(/for name in (.*); do/g)].map(([, names = '']) => names.split(' ').sort())
  expect(loops).not.toEqual([])
  for (const names of loops) expect(names).toEqual(namesOf('Deployment').sort())
  const kinds: Record<string, string> = { deployment: 'Deployment', service: 'Service', cronjob: 'CronJob' }
  const named = [...readPage().matchAll(/\b(deployment|service|cronjob)\/([a-z-]+)/g)]
  expect(new Set(named.map(([, kind]) => kind))).toEqual(new Set(Object.keys(kinds)))
  for (const [text, kind = '', name] of named) expect(namesOf(kinds[kind] ?? ''), text).toContain(name)
})

test('the page says which lines of the overlay name the registry, its password and the settings', async () => {
  const blocks = [...readPage().matchAll(/^ *```yaml\n( *(?:images|patches):[^`]*)```/gm)]
  const manifests = renderMore('production', Object.assign({}, ...blocks.map(([, block = '']) => parse(block))))
  expect(await schemaProblems(manifests)).toEqual([])
  const own = workloads(manifests).flatMap((each) => containersOf(podOf(each)))
  for (const { image } of own) expect(image).toBe('registry.example.com/goals-tasks:0.2.0')
  const [account] = ofKind(manifests, 'ServiceAccount')
  expect(account).toMatchObject({ imagePullSecrets: [{ name: 'registry' }] })
  const [settings] = ofKind(manifests, 'ConfigMap')
  expect(Object.keys(settings?.data ?? {})).toEqual(
    expect.arrayContaining(['AUTH_ISSUER', 'AUTH_AUDIENCE', 'MAIL_FROM', 'PUBLIC_URL']),
  )
})

test('production has a scaler for each worker, which asks for each of its consumers and owns the number', () => {
  const manifests = render('production')
  for (const worker of ofKind(manifests, 'Deployment').filter(({ metadata }) => metadata.name.startsWith('worker'))) {
    expect(worker.spec.replicas).toBeUndefined()
    const scaler = ofKind(manifests, 'ScaledObject').find(
      ({ spec }) => spec.scaleTargetRef.name === worker.metadata.name,
    )
    const urls: string[] = scaler?.spec.triggers.map(({ metadata }: { metadata: { url: string } }) => metadata.url)
    const consumers = environmentOf(manifests, worker).WORKER_CONSUMERS?.split(',')
    expect(
      urls.map((url) => url.replace(/^http:\/\/ops\.goals-tasks\.svc\.cluster\.local:3001\/ops\/scaling\//, '')),
    ).toEqual(consumers)
  }
})

test('production names its secrets and contains none', () => {
  const manifests = render('production')
  expect(ofKind(manifests, 'Secret')).toEqual([])
  const names = podOf(ofKind(manifests, 'Deployment')[0] ?? expect.fail('no Deployment')).containers[0]?.envFrom
  expect(names).toContainEqual({ secretRef: { name: 'goals-tasks' } })
})

test('production limits the requests of each API key, user and address', () => {
  const manifests = render('production')
  const api = ofKind(manifests, 'Deployment').find(({ metadata }) => metadata.name === 'api')
  const { rateLimits, http } = configOf(loadConfig, api ?? expect.fail('no Deployment of the API'), manifests)
  expect(Object.keys(rateLimits?.kinds ?? {}).sort()).toEqual(['address', 'key', 'user'])
  // Without it, all clients would share the quota of the load balancer's address.
  expect(http.trustProxy).not.toEqual([])
})

test.for([
  ['an unknown member', { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' }, spec: { ports: [], port: 1 } }],
  ['a wrong type', { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' }, spec: { replicas: '2' } }],
  [
    'an unknown member of KEDA',
    { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', metadata: { name: 'a' }, spec: { maxReplicas: 2 } },
  ],
] as const)('the schemas refuse %s', async ([, manifest]) => {
  expect(await schemaProblems([manifest])).not.toEqual([])
})
