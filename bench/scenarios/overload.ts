import { separateCores } from '../affinity.ts'
import { type Context, clearEvents } from '../context.ts'
import { describeShares, measureCpuShares } from '../cpu-shares.ts'
import { loadProgram } from '../http.ts'
import { openConnections } from '../open-connections.ts'
import { openLoop } from '../open-loop.ts'
import { type Program, startApi } from '../programs.ts'
import { compare, type Section } from '../report.ts'
import { helloRequest, requestsAs } from '../requests.ts'
import { interleave, quantile, type Sample, warmUp } from '../rounds.ts'
import { targets } from '../targets.ts'

/** A client sends nothing while so many requests are unanswered. */
const connectionCount = 4_000
/** The overload has begun by then, and the first long waits are over. */
const warmUpSeconds = 2
const minSeconds = 5
/** A load at which no request waits for another one. */
const unloadedShare = 0.1

/** Measures creates at a tenth of the capacity, at the capacity, and at four times the capacity. */
export async function overload(context: Context): Promise<Section> {
  const { rounds, servers, token } = context
  const seconds = Math.max(context.seconds, minSeconds)
  const settings = { MAX_REQUESTS_PER_USER: '1000000' }
  const program = await startApi(servers, settings)
  // A stall of a busy machine must not turn the measured capacity into refusals.
  const unprotected = await startApi(servers, { ...settings, OVERLOAD_AFTER_MS: '60000' })
  using arrangement = separateCores([program.pid, unprotected.pid, ...Object.values(servers.pids)])
  const { createGoal } = requestsAs(token)
  const capacity = () => loadProgram({ seconds }, { program: unprotected, expect: 201, next: () => createGoal })
  await warmUp([capacity])
  const { rate } = await capacity()
  await warmUp([async () => (await sendAt(program, createGoal, { perSecond: rate / 2, seconds: 1 })).sample])
  const pidsOf = ({ pid }: Program) => ({ 'the load': process.pid, 'the API': pid, ...servers.pids })
  const refusals: string[] = []
  const shares = { capacity: '', overloaded: '' }
  const samples = await interleave(
    {
      async capacity() {
        const sharesSoFar = measureCpuShares(pidsOf(unprotected))
        const sample = await capacity()
        shares.capacity = describeShares(sharesSoFar())
        return sample
      },
      unloaded: async () => (await sendAt(program, createGoal, { perSecond: unloadedShare * rate, seconds })).sample,
      overloaded: async () => {
        const sharesSoFar = measureCpuShares(pidsOf(program))
        const { sample, refused, unsent } = await sendAt(program, createGoal, { perSecond: 4 * rate, seconds })
        shares.overloaded = describeShares(sharesSoFar())
        refusals.push(`${Math.round(refused)} (${Math.round(unsent)})`)
        return sample
      },
    },
    { rounds, warmUp: false },
  )
  await Promise.all([program.stop(), unprotected.stop()])
  await clearEvents(context)
  return {
    title: 'Overload',
    note: [
      'Creates arrive at a fixed rate, whether earlier ones were answered or not.',
      'The rate and the latencies are those of the admitted requests, after two seconds.',
      `At four times the capacity ${refusals.join(', ')} requests per second were refused (had no connection).`,
      `Cores in use, in the last round: ${shares.capacity} at the capacity; ${shares.overloaded} at four times of it.`,
      arrangement.note,
      'The refusals take their part of the core of the service, which Postgres then lacks.',
    ].join('\n'),
    rows: [
      compare({
        ...{ measured: 'goodput of creates at 4 × capacity', against: 'capacity', of: samples.overloaded },
        ...{ baseline: samples.capacity, target: targets.overloadGoodput },
      }),
      compare({
        ...{ measured: 'p99 of admitted creates at 4 × capacity', against: 'a tenth of the capacity', by: 'p99Ms' },
        ...{ of: samples.overloaded, baseline: samples.unloaded, target: targets.overloadP99 },
      }),
      compare({
        ...{ measured: 'p99 of creates at the capacity', against: 'a tenth of the capacity', by: 'p99Ms' },
        ...{ of: samples.capacity, baseline: samples.unloaded },
      }),
    ],
  }
}

type Rate = { perSecond: number; seconds: number }

/** Sends a request at a fixed rate. @returns the admitted ones, and the others per second */
async function sendAt({ port }: Program, bytes: Buffer, { perSecond, seconds }: Rate) {
  const connections = await openConnections(port, connectionCount)
  // A process accepts a few connections per turn of the event loop, so those that it has not accepted would wait.
  await Promise.all(Array.from({ length: connectionCount }, () => connections.send(helloRequest)))
  const countsFrom = performance.now() + 1_000 * warmUpSeconds
  const latencies: number[] = []
  let [refused, unsent] = [0, 0]
  await openLoop(perSecond, warmUpSeconds + seconds, async () => {
    const sentAt = performance.now()
    const response = await connections.send(bytes)
    if (sentAt < countsFrom) return
    if (!response) unsent++
    else if (response.status === 201) latencies.push(performance.now() - sentAt)
    else refused++
  })
  connections.close()
  const ascending = Float64Array.from(latencies).sort()
  const sample: Sample = {
    ...{ rate: latencies.length / seconds, p50Ms: quantile(ascending, 0.5), p99Ms: quantile(ascending, 0.99) },
  }
  return { sample, refused: refused / seconds, unsent: unsent / seconds }
}
