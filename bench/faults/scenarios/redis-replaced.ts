import { setTimeout as sleep } from 'node:timers/promises'
import { ownRedis, until } from '@goals-tasks/devstack/testing'
import type { Environment } from '../environment/environment.ts'
import type { Scenario } from '../scenario.ts'

export const replacedRedisScenarios: readonly Scenario[] = [
  { name: 'redis-replaced-by-older', boundSeconds: 120, inject: replaceByOlder },
  { name: 'redis-replaced-by-empty', boundSeconds: 90, inject: replaceByEmpty },
  { name: 'redis-demoted', isQuick: true, boundSeconds: 120, inject: demote },
]

/** A failover to a replica that lacks the last five seconds. */
async function replaceByOlder(environment: Environment): Promise<void> {
  const { redis, commandRedis } = environment
  const other = await startReplica(environment)
  await commandRedis('REPLICAOF', ['NO', 'ONE'], other.url)
  await sleep(5_000)
  redis.proxy.pointTo(other.url)
  redis.proxy.reset()
  await redis.kill()
}

async function replaceByEmpty({ redis }: Environment): Promise<void> {
  const other = await ownRedis()
  redis.proxy.pointTo(other.url)
  redis.proxy.reset()
  await redis.kill()
}

/** A failover that keeps every connection: the old primary answers, refuses writes, and follows the new one. */
async function demote(environment: Environment): Promise<void> {
  const { redis, commandRedis } = environment
  const other = await startReplica(environment)
  await commandRedis('REPLICAOF', ['NO', 'ONE'], other.url)
  redis.proxy.pointTo(other.url)
  const { hostname, port } = new URL(other.url)
  await commandRedis('REPLICAOF', [hostname, port])
  await sleep(5_000)
}

/** Starts a Redis that has copied everything. */
async function startReplica({ redis, commandRedis }: Environment) {
  const other = await ownRedis()
  const { hostname, port } = new URL(redis.url)
  await commandRedis('REPLICAOF', [hostname, port], other.url)
  await until(async () => /master_link_status:up/.test(String(await commandRedis('INFO', ['replication'], other.url))))
  return other
}
