import { cleanUp, type OwnCluster, ownRedis, ownRedisCluster } from '@goals-tasks/devstack/testing'
import { Redis } from 'ioredis'
import { beforeAll, describe } from 'vitest'

/** A single Redis or a cluster, for the tests of one file alone: these may pause, empty and kill it. */
type Deployment = {
  isCluster: boolean
  /** Returns its servers. Throws before the tests begin. */
  servers(): OwnCluster
  /** Returns its URL and a prefix that no other test has. */
  fresh(): { url: string; prefix: string }
}

/** Defines the same tests twice: on a single Redis, and on a cluster of three. */
export function onEachDeployment(suite: (deployment: Deployment) => void): void {
  describe('on one Redis', () => suite(deploy(false, startSingle)))
  describe('on a cluster of three', () => suite(deploy(true, ownRedisCluster)))
}

/** Defines tests that apply to a cluster only. */
export const onCluster = (suite: (deployment: Deployment) => void): void => suite(deploy(true, ownRedisCluster))

const startSingle = async (): Promise<OwnCluster> => {
  const server = await ownRedis()
  return { ...server, nodes: [server] }
}

function deploy(isCluster: boolean, start: () => Promise<OwnCluster>): Deployment {
  let started: OwnCluster | undefined
  beforeAll(async () => {
    started = await start()
  })
  const servers = () => {
    if (!started) throw new Error('Redis starts before the first test: call this in a test or a hook')
    return started
  }
  return { isCluster, servers, fresh: () => ({ url: servers().url, prefix: crypto.randomUUID() }) }
}

/** Opens a connection to each server, in the order of `nodes`. The test or the file that opened them closes them. */
export function connectAdmins({ nodes }: Pick<OwnCluster, 'nodes'>): Redis[] {
  const admins = nodes.map(({ url }) => new Redis(url))
  // A test that kills a server expects errors here.
  for (const admin of admins) admin.on('error', () => undefined)
  cleanUp(async () => {
    for (const admin of admins) admin.disconnect()
  })
  return admins
}
