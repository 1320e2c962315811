import { setTimeout as sleep } from 'node:timers/promises'
import { type Context, clearEvents } from '../context.ts'
import type { Row, Section } from '../report.ts'
import { ratios, type Sample, spread } from '../rounds.ts'
import { deleteLargeGoals, seedLargeGoal } from '../seed.ts'

const tasks = 10_000
/** The API makes a pause between the large changes of a user, and this is its limit. */
const longestPauseMs = 5_000

/** Measures cascades over a large goal against an UPDATE of as many rows, which emits no events. */
export async function cascade(context: Context): Promise<Section> {
  const { api, pool, rounds, token, userId } = context
  const large = { ownerId: userId, tasks }
  const [goal, plain] = [await seedLargeGoal(pool, large), await seedLargeGoal(pool, large)]

  async function request(method: 'DELETE' | 'POST', path: string): Promise<Sample> {
    await sleep(longestPauseMs)
    const began = performance.now()
    const response = await fetch(`http://127.0.0.1:${api.port}/v1/goals/${goal}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
    })
    if (!response.ok) throw new Error(`${method} ${path} returned ${response.status}: ${await response.text()}`)
    return inTasks(performance.now() - began)
  }
  async function updateRows(): Promise<Sample> {
    const began = performance.now()
    await pool.query(`update tasks set version = version + 1 where goal_id = $1`, [plain])
    return inTasks(performance.now() - began)
  }

  const samples = {
    rows: [] as Sample[],
    deletion: [] as Sample[],
    restoration: [] as Sample[],
    closing: [] as Sample[],
    reopening: [] as Sample[],
  }
  // Not interleaved: each request undoes the previous one, so every round starts in the same state.
  for (let round = 0; round < rounds; round++) {
    samples.rows.push(await updateRows())
    samples.deletion.push(await request('DELETE', ''))
    samples.restoration.push(await request('POST', '/restore'))
    samples.closing.push(await request('POST', '/cancel'))
    samples.reopening.push(await request('POST', '/reopen'))
    await clearEvents(context)
  }
  await deleteLargeGoals(pool, [goal, plain])
  const row = (measured: string, of: readonly Sample[]): Row => ({
    measured,
    against: 'one UPDATE of as many rows',
    value: ratios(of, samples.rows),
    absolute: describe(of),
    baseline: describe(samples.rows),
  })
  return {
    title: 'Cascade',
    note: `A goal of ${tasks} tasks. Each gets a version, an event, its readers and its deliveries in one transaction.`,
    rows: [
      row('DELETE /v1/goals/{id}', samples.deletion),
      row('POST …/restore', samples.restoration),
      row('POST …/cancel', samples.closing),
      row('POST …/reopen', samples.reopening),
    ],
  }
}

const inTasks = (ms: number): Sample => ({ rate: (tasks / ms) * 1_000, p50Ms: ms })

function describe(of: readonly Sample[]): string {
  const seconds = spread(of.map((sample) => sample.p50Ms ?? Number.NaN)).median / 1_000
  const rate = spread(of.map((sample) => sample.rate)).median
  return `${seconds.toFixed(2)} s, ${Math.round(rate)} tasks/s`
}
