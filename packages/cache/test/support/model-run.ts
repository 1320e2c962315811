import { setImmediate as turn } from 'node:timers/promises'
import type { OwnCluster } from '@goals-tasks/devstack/testing'
import fc from 'fast-check'
import type { Counters } from '../../src/stats/counters.ts'
import { type Barrier, createBarrier } from './barrier.ts'
import { connectAdmins } from './deployments.ts'
import { createModel } from './model.ts'
import {
  groupOf,
  ids,
  type ModelCommand,
  modelCommands,
  type ReadCommand,
  readers,
  type WriteCommand,
} from './model-commands.ts'
import { createFaults, type Target } from './model-faults.ts'
import { createModelReads } from './model-reads.ts'
import { begin, type Mutate, openCache, shortLimits } from './open-cache.ts'

/** Runs the commands against two processes, heals Redis and reads everything. Throws when a read was stale. */
async function run(commands: readonly ModelCommand[], target: Target, mutate?: Mutate): Promise<Counters[]> {
  const at = { url: target.redis.url, prefix: crypto.randomUUID() }
  const options = { mutate, limits: shortLimits }
  const second = await openCache(at, { ...options, fillsFirstMisses: false })
  const caches = [await openCache(at, options), second] as const
  const model = createModel(caches)
  const { readEntity, readList } = createModelReads(caches, model)
  const faults = createFaults(target, caches)
  const pending: Promise<void>[] = []
  const failures: unknown[] = []
  const held: Barrier[] = []

  async function beginRead(command: ReadCommand): Promise<void> {
    const { process } = command
    const barrier = command.held ? createBarrier() : undefined
    const read = () =>
      command.do === 'read' ? readEntity(process, command.id, command.reader, barrier) : readList(process, barrier)
    const { result } = await begin(caches[process], () => read().catch((error) => void failures.push(error)))
    pending.push(result)
    if (barrier) held.push(barrier)
    // The read may have joined a load that is held, so its result may not come.
    await Promise.race([result, turn().then(() => turn())])
  }

  async function write({ process, id, newReaders, isAwaited }: WriteCommand): Promise<void> {
    const version = model.database.write(id, newReaders)
    const done = caches[process]
      .invalidate({ entities: [{ kind: 'task', id, version }], groups: [groupOf(id)] })
      .then((isConfirmed) => model.acknowledge(process, id, version, isConfirmed))
    pending.push(done)
    if (isAwaited) await done
  }

  async function execute(command: ModelCommand): Promise<void> {
    switch (command.do) {
      case 'read':
      case 'list':
        return beginRead(command)
      case 'release':
        return held.splice(command.nth, 1)[0]?.open()
      case 'write':
        return write(command)
      default:
        return faults[command.do]()
    }
  }

  try {
    for (const command of commands) await execute(command)
    for (const barrier of held) barrier.open()
    await faults.heal()
    await Promise.all(pending)
    if (failures.length > 0) throw failures[0]
    for (const process of [0, 1] as const)
      for (const id of ids) for (const reader of readers) await readEntity(process, id, reader)
    for (const process of [0, 1] as const) await readList(process)
    return caches.map(({ counters }) => counters)
  } finally {
    await faults.resume()
    for (const barrier of held) barrier.open()
    await Promise.allSettled(pending)
    await Promise.all(caches.map((cache) => cache.close()))
  }
}

const countedOutcomes = ['hits', 'refused', 'swaps'] as const

/**
 * Runs `runs` random series of commands on `redis`. Returns the sums of the counters of all caches.
 * Throws, with the seed and the shortest series, when a read returned less than was acknowledged before it began.
 */
export async function runModel(redis: OwnCluster, runs: number, mutate?: Mutate) {
  const admins = connectAdmins(redis)
  const total = { hits: 0, refused: 0, swaps: 0 }
  let running: Promise<Counters[]> = Promise.resolve([])
  const property = fc.asyncProperty(modelCommands, async (commands) => {
    running = run(commands, { redis, admins }, mutate)
    for (const counters of await running) for (const name of countedOutcomes) total[name] += counters[name]
  })
  await fc.assert(
    property,
    // A slow machine runs fewer series. A mutation is searched for longer, and needs no shortest series.
    { numRuns: runs, interruptAfterTimeLimit: mutate ? 110_000 : 45_000, endOnFailure: mutate !== undefined },
  )
  // The series that the time limit interrupted still runs.
  await Promise.allSettled([running])
  return total
}
