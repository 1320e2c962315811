import { setTimeout as sleep } from 'node:timers/promises'
import { runAtOnce, separateCores } from '../affinity.ts'
import { attacks, startAttacker } from '../attacker.ts'
import { type Context, clearEvents, patience } from '../context.ts'
import { describeShares, measureCpuShares } from '../cpu-shares.ts'
import { loadProgram } from '../http.ts'
import { startApi } from '../programs.ts'
import { compare, type Section } from '../report.ts'
import { requestsAs, walkRows } from '../requests.ts'
import { interleave, type Sample } from '../rounds.ts'
import { seeded } from '../seed.ts'
import { targets } from '../targets.ts'

/** A 99th percentile needs some hundreds of requests. */
const minSeconds = 3
/** The slow and idle connections of an attack are open by then. */
const openingMs = 1_500

type AttackedSample = Sample & { reads: Sample }

/** Measures the latency of a well-behaved client while another one attacks, by each attack and by all at once. */
export async function hostile(context: Context): Promise<Section> {
  const { rounds, servers, token } = context
  const api = await startApi(servers, { ...patience, LOG_LEVEL: 'warn' })
  using arrangement = separateCores([api.pid, ...Object.values(servers.pids)])
  const isAtOnce = arrangement.isSeparate && runAtOnce()
  const requests = requestsAs(token)
  const nextGoal = walkRows(seeded.hot)
  const load = (expect: number, next: () => Buffer) =>
    loadProgram({ seconds: Math.max(context.seconds, minSeconds) }, { program: api, expect, next, clients: 1 })
  /** By the attack. */
  const shares: Record<string, string> = {}
  const measure = async (only: readonly string[]): Promise<AttackedSample> => {
    const attacker = only.length > 0 ? await startAttacker(api, only) : undefined
    await sleep(openingMs)
    const sharesSoFar = measureCpuShares({
      ...(attacker && { 'the attacker': attacker.pid }),
      ...{ 'the API': api.pid, ...servers.pids },
    })
    try {
      const [creates, reads] = await Promise.all([
        load(201, () => requests.createGoal),
        load(200, () => requests.readGoal(nextGoal().row)),
      ])
      shares[only.length === attacks.length ? 'all' : only.join()] = describeShares(sharesSoFar())
      return { ...creates, reads }
    } finally {
      await attacker?.stop()
    }
  }
  const byAttack = Object.fromEntries(attacks.map((attack) => [attack, () => measure([attack])]))
  const variants = { alone: () => measure([]), ...byAttack, 'all of these at once': () => measure(attacks) }
  const samples: Record<string, AttackedSample[]> = await interleave(variants, { rounds, warmUp: true })
  await api.stop()
  await clearEvents(context)
  const { alone = [], ...attacked } = samples
  const target = targets.besideAttack
  return {
    title: 'Beside a hostile client',
    note: [
      'One connection creates goals and one reads cached goals, while another user attacks.',
      'The API refuses no write for an overload, so each wait is in the latency.',
      arrangement.note,
      `The attacker shares the core of the load${isAtOnce ? ', which runs first (chrt)' : ' and slows it down'}.`,
      'Cores in use, in the last round:',
      ...Object.entries(shares).map(([attack, cores]) => `- ${attack || 'no attack'}: ${cores}`),
    ].join('\n'),
    rows: Object.entries(attacked).flatMap(([name, of]) => [
      compare({
        measured: `POST /v1/goals beside ${name}, p99`,
        against: 'alone',
        of,
        baseline: alone,
        by: 'p99Ms',
        target,
      }),
      compare({
        ...{ measured: `GET /v1/goals/{id} beside ${name}, p99`, against: 'alone', by: 'p99Ms', target },
        of: of.map(({ reads }) => reads),
        baseline: alone.map(({ reads }) => reads),
      }),
    ]),
  }
}
