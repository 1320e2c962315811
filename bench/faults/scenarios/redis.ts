import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '@goals-tasks/devstack/testing'
import type { Environment } from '../environment/environment.ts'
import type { Scenario } from '../scenario.ts'
import { openQueues } from './queues.ts'

export const redisScenarios: readonly Scenario[] = [
  { name: 'redis-killed', boundSeconds: 90, inject: killRedis },
  { name: 'redis-stopped', boundSeconds: 120, inject: stopRedis },
  { name: 'redis-hangs-briefly', isQuick: true, boundSeconds: 90, inject: hangRedis },
  { name: 'redis-flushed', isQuick: true, boundSeconds: 90, inject: flushRedis },
  { name: 'redis-frozen', boundSeconds: 120, allowsNoExit: true, inject: freezeRedis },
  { name: 'redis-full', boundSeconds: 120, inject: fillRedis(true) },
  { name: 'redis-full-of-backlog', boundSeconds: 90, inject: fillRedis(false) },
  {
    name: 'redis-absent-at-boot',
    boundSeconds: 90,
    isRedisAwayAtBoot: true,
    inject: async ({ redis }) => {
      await sleep(5_000)
      await redis.start()
    },
  },
]

async function killRedis({ redis }: Environment): Promise<void> {
  await redis.kill()
  await sleep(5_000)
  await redis.start()
}

async function stopRedis({ redis }: Environment): Promise<void> {
  redis.pause()
  await sleep(20_000)
  redis.resume()
}

/** Hangs Redis longer than a write waits for it, and shorter than a connection does. No connection is lost. */
async function hangRedis({ redis }: Environment): Promise<void> {
  for (let hang = 0; hang < 3; hang++) {
    redis.pause()
    await sleep(1_200)
    redis.resume()
    await sleep(800)
  }
}

/** Empties Redis three times, in the middle of its jobs. */
async function flushRedis({ commandRedis }: Environment): Promise<void> {
  for (let flush = 0; flush < 3; flush++) {
    await commandRedis('FLUSHALL')
    await sleep(1_500)
  }
}

/** Silences every open connection. No side is notified. */
async function freezeRedis({ redis }: Environment): Promise<void> {
  redis.proxy.freeze()
  await sleep(15_000)
}

/**
 * Fills Redis with jobs while no worker runs. With `ends` its memory grows again before the workers are back. Without,
 * they have to make room themselves: its memory shrinks, so that the end of a connection frees too little for a job.
 * The jobs take more than that, so their end leaves room for connections and for finished jobs.
 */
function fillRedis(ends: boolean): Scenario['inject'] {
  return async ({ commandRedis, workers, redis }) => {
    const { addJobs } = await openQueues(redis.url)
    const usedBytes = async () => Number(/used_memory:(\d+)/.exec(String(await commandRedis('INFO', ['memory'])))?.[1])
    const setMaxBytes = (bytes: number) => commandRedis('CONFIG', ['SET', 'maxmemory', bytes])
    await Promise.all(workers.map((worker) => worker.stop()))
    await setMaxBytes((await usedBytes()) + roomBytes)
    const ids = Array.from({ length: 100 }, () => randomUUID())
    const isFull = () => addJobs(20, ids).then(() => false, isOutOfMemory)
    await until(isFull, { timeoutMs: 30_000, describe: 'Redis is full' })
    await sleep(3_000)
    await setMaxBytes(ends ? 0 : (await usedBytes()) - shrinkBytes)
    for (const worker of workers) worker.start()
  }
}

const roomBytes = 8_000_000
const shrinkBytes = 2_000_000
const isOutOfMemory = (error: unknown) => error instanceof Error && error.message.startsWith('OOM ')
