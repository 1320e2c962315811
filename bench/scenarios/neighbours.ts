import { setTimeout as sleep } from 'node:timers/promises'
import { type Context, clearEvents } from '../context.ts'
import { createDisturbances, neighbourClients, neighbourId, type Running } from '../disturbances.ts'
import { loadProgram } from '../http.ts'
import { compare, type Section } from '../report.ts'
import { requestsAs, walkRows } from '../requests.ts'
import { interleave, type Sample } from '../rounds.ts'
import { deleteLargeGoals, seeded, seedLargeGoal, taskRanges } from '../seed.ts'
import { targets } from '../targets.ts'

const clients = 24

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
      cascade: () => measureBeside((running) => disturb.cascade(running, cascading)),
      heldRow: () => measureBeside(disturb.heldRow),
      ownCascade: () => measureBeside(disturb.ownCascade),
    },
    { rounds, warmUp: true },
  )
  await deleteLargeGoals(pool, [cascading, ofNeighbour])
  await clearEvents(context)
  const row = (beside: string, of: Exclude<keyof typeof samples, 'alone'>, target = targets.besideNeighbour) => [
    compare({
      ...{ measured: `PATCH /v1/tasks/{id} beside ${beside}`, of: samples[of] },
      ...{ against: 'without it', baseline: samples.alone, target },
    }),
    compare({
      ...{ measured: `POST /v1/goals/{id}/tasks beside ${beside}`, of: samples[of].map((sample) => sample.creates) },
      ...{ against: 'without it', baseline: samples.alone.map((sample) => sample.creates), target },
    }),
  ]
  return {
    title: 'Beside a long lock',
    note: [
      `${clients} connections change tasks and ${clients} create tasks, in goals of one user.`,
      'The cascade over 10,000 tasks is in another goal of that user.',
      'There, 20 tasks per second are created as well.',
      `A neighbour sends changes on ${neighbourClients} connections: of a row that another transaction has locked,`,
      'or of the 5,000 tasks of a goal during a cascade over them.',
    ].join('\n'),
    rows: [
      ...row('a cascade over 10,000 tasks', 'cascade', targets.besideCascade),
      ...row("a neighbour's changes of a locked row", 'heldRow'),
      ...row("a neighbour's changes during a cascade", 'ownCascade'),
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

  async function measureBeside(disturb: (running: Running) => Promise<unknown>): Promise<Sample & { creates: Sample }> {
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
