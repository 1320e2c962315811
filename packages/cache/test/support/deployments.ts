import { cleanUp, type OwnCluster, ownRedis, ownRedisCluster } from '@goals-tasks/devstack/testing'
import { Redis } from 'ioredis'
import { beforeAll, describe } from 'vitest'

/** Redis in one of the ways to run it, for the tests of one file alone: they may hang, empty and kill it. */
type Deployment = {
  isCluster: boolean
  /** Its servers; there are none before the tests begin. */
  servers(): OwnCluster
  /** Where it is, and a prefix that no other test has. */
  fresh(): { url: string; prefix: string }
}

/** Defines the same tests twice: on a single Redis, and on a cluster of three. */
export function onEachDeployment(suite: (deployment: Deployment) => void): void {
  describe('on one Redis', () => suite(deploy(false, ownSingle)))
  describe('on a cluster of three', () => suite(deploy(true, ownRedisCluster)))
}

/** For what can only be told of a cluster. */
export const onCluster = (suite: (deployment: Deployment) => void): void => suite(deploy(true, ownRedisCluster))

const ownSingle = async (): Promise<OwnCluster> => {
  const server = await ownRedis()
  return { ...server, nodes: [server] }
}

function deploy(isCluster: boolean, launch: () => Promise<OwnCluster>): Deployment {
  let launched: OwnCluster | undefined
  beforeAll(async () => {
    launched = await launch()
  })
  const servers = () => {
    if (!launched) throw new Error('Redis is not there before the tests begin')
    return launched
  }
  return { isCluster, servers, fresh: () => ({ url: servers().url, prefix: crypto.randomUUID() }) }
}

/** A connection to each server, in the order of `nodes`. They go with the test. */
export function adminsOf({ nodes }: Pick<OwnCluster, 'nodes'>): Redis[] {
  const admins = nodes.map(({ url }) => new Redis(url))
  // Who kills a server knows that it is gone.
  for (const admin of admins) admin.on('error', () => undefined)
  cleanUp(async () => {
    for (const admin of admins) admin.disconnect()
  })
  return admins
}
