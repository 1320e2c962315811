import { setTimeout as sleep } from 'node:timers/promises'
import { type Context, clearEvents } from '../context.ts'
import { createDisturbances, neighbourClients, neighbourId, type Running } from '../disturbances.ts'
import { loadProgram } from '../http.ts'
import { compare, type Section } from '../report.ts'
import { requestsAs, walkRows } from '../requests.ts'
import { interleave, type Sample } from '../rounds.ts'
import { deleteLargeGoals, seeded, seedLargeGoal, taskRanges } from '../seed.ts'
import { type Target, targets } from '../targets.ts'

const clients = 24

type BesideSample = Sample & { creates: Sample }
type Baseline = { against: string; of: readonly BesideSample[]; target?: Target }

/** Measures creates and changes of one user while another user keeps rows locked. */
export async function neighbours(context: Context): Promise<Section> {
  const { pool, rounds, userId } = context
  const cascading = await seedLargeGoal(pool, { ownerId: userId, tasks: 10_000 })
  const ofNeighbour = await seedLargeGoal(pool, { ownerId: neighbourId, tasks: 5_000 })
  const disturb = await createDisturbances(context, ofNeighbour)
  const { measureBeside } = createLoad(context)
  const samples = await interleave(
    {
      alone: () => measureBeside(async () => undefined),
      computation: () => measureBeside(disturb.computation),
      cascade: () => measureBeside((running) => disturb.cascade(running, cascading)),
      heldRow: () => measureBeside(disturb.heldRow),
      changes: () => measureBeside(disturb.changes),
      ownCascade: () => measureBeside(disturb.ownCascade),
    },
    { rounds, warmUp: true },
  )
  await deleteLargeGoals(pool, [cascading, ofNeighbour])
  await clearEvents(context)
  const row = (beside: string, of: readonly BesideSample[], baseline: Baseline) => [
    compare({ ...baseline, measured: `PATCH /v1/tasks/{id} beside ${beside}`, of, baseline: baseline.of }),
    compare({
      ...baseline,
      measured: `POST /v1/goals/{id}/tasks beside ${beside}`,
      of: of.map((sample) => sample.creates),
      baseline: baseline.of.map((sample) => sample.creates),
    }),
  ]
  const alone = (target?: Target): Baseline => ({ against: 'without it', of: samples.alone, ...(target && { target }) })
  const changes = {
    ...{ against: 'beside the same changes without a cascade', of: samples.changes },
    target: targets.besideNeighbour,
  }
  const computation = { against: 'beside one connection that computes', of: samples.computation }
  return {
    title: 'Beside a long lock',
    note: [
      `${clients} connections change tasks and ${clients} create tasks, in goals of one user.`,
      'The cascade over 10,000 tasks is in another goal of that user.',
      'There, 20 tasks per second are created as well.',
      `A neighbour sends changes on ${neighbourClients} connections: of a row that another transaction has locked,`,
      'or of the 5,000 tasks of a goal, during cascades over them or without any.',
      'The API makes a pause after each cascade of a user. In the pauses the changes of the neighbour succeed,',
      'and take their part of the cores as those of any user do.',
      'A connection that computes holds no lock: it shows what a cascade takes by its share of the cores.',
    ].join('\n'),
    rows: [
      ...row('a cascade over 10,000 tasks', samples.cascade, alone(targets.besideCascade)),
      ...row("a neighbour's changes of a locked row", samples.heldRow, alone(targets.besideNeighbour)),
      ...row("a neighbour's changes during a cascade", samples.ownCascade, alone(targets.besideNeighbour)),
      ...row("a neighbour's changes without a cascade", samples.changes, alone()),
      ...row("a neighbour's changes during a cascade", samples.ownCascade, changes),
      ...row('one connection that computes', samples.computation, alone()),
      ...row('a cascade over 10,000 tasks', samples.cascade, computation),
      ...row("a neighbour's changes during a cascade", samples.ownCascade, computation),
    ],
  }
}

/** Returns the load of one user. It runs beside a disturbance, which goes on while `running` returns true. */
function createLoad(context: Context) {
  const { api, rows, seconds, token } = context
  const requests = requestsAs(token)
  const [nextTask, nextGoal] = [walkRows(taskRanges(rows).neighbours), walkRows(seeded.http)]
  const load = (expect: number, next: () => Buffer) =>
    loadProgram({ seconds: 2 * seconds }, { program: api, expect, next, clients })

  async function measureBeside(disturb: (running: Running) => Promise<unknown>): Promise<BesideSample> {
    let running = true
    const disturbed = disturb(() => running)
    // The changes of the neighbour wait for their lock before the measurement begins.
    await sleep(200)
    try {
      const [changes, creates] = await Promise.all([
        load(200, () => requests.patchTask(nextTask())),
        load(201, () => requests.createTask(nextGoal().row)),
      ])
      return { ...changes, creates }
    } finally {
      running = false
      await disturbed
    }
  }
  return { measureBeside }
}
