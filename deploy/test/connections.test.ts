import { beforeEach, expect, test } from 'vitest'
import { processOf } from './support/config.ts'
import { readPage } from './support/page.ts'
import { cannotRender, type Manifest, ofKind, podOf, render } from './support/render.ts'

beforeEach(({ skip }) => {
  if (cannotRender) skip(cannotRender)
})

/** A migrator has one connection for its lock and one for its statements. */
const connectionsOfMigrate = 2

/** `superuser_reserved_connections`, as Postgres sets it. */
const reservedConnections = 3

/** Returns the connections that one pod may open. Each `api` has one more for its probes. */
function connectionsOf(deployment: Manifest, manifests: readonly Manifest[]): number {
  const { name, config } = processOf(deployment, manifests)
  return config.database.poolSize + (name === 'api' ? 1 : 0)
}

/** Returns the most pods that a Deployment has outside of a roll-out. */
function mostPods({ metadata, spec }: Manifest, manifests: readonly Manifest[]): number {
  const scaler = ofKind(manifests, 'ScaledObject').find((each) => each.spec.scaleTargetRef.name === metadata.name)
  return scaler?.spec.maxReplicaCount ?? spec.replicas
}

function count(manifests: readonly Manifest[]) {
  const deployments = ofKind(manifests, 'Deployment')
  const sum = (podsOf: (deployment: Manifest) => number) =>
    deployments.reduce((all, each) => all + podsOf(each) * connectionsOf(each, manifests), 0)
  return {
    most: sum((each) => mostPods(each, manifests)) + connectionsOfMigrate,
    ofRollOut: sum(({ spec }) => spec.strategy.rollingUpdate.maxSurge),
  }
}

test('production opens as many connections to Postgres as the page says, and a roll-out fits into its limit', () => {
  const page = readPage()
  const row = /^\| connections to Postgres \| ([\d,]+) \|.*`max_connections` to (\d+)/m.exec(page)
  const [, named = '', limit] = row ?? expect.fail('the page has no row of the connections')
  const { most, ofRollOut } = count(render('production'))
  expect(most).toBe(Number(named.replaceAll(',', '')))
  expect(most + ofRollOut).toBeLessThanOrEqual(Number(limit) - reservedConnections)
})

test('small fits into the connections that its Postgres has for other roles than superusers, in a roll-out too', () => {
  const manifests = render('small')
  const postgres = ofKind(manifests, 'StatefulSet').find(({ metadata }) => metadata.name === 'postgres')
  const { args } = podOf(postgres ?? expect.fail('no Postgres')).containers[0] ?? {}
  const [, limit = 100] = /\bmax_connections=(\d+)/.exec(args?.join(' ') ?? '') ?? []
  const { most, ofRollOut } = count(manifests)
  expect(most + ofRollOut).toBeLessThanOrEqual(Number(limit) - reservedConnections)
})
