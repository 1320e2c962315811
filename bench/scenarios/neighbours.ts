import { setTimeout as sleep } from 'node:timers/promises'
import { type Context, clearEvents } from '../context.ts'
import { createDisturbances, neighbourClients, neighbourId, type Running } from '../disturbances.ts'
import { loadProgram } from '../http.ts'
import { signTokens } from '../programs.ts'
import { compare, type Section } from '../report.ts'
import { requestsAs, walkRows } from '../requests.ts'
import { interleave, type Sample } from '../rounds.ts'
import { deleteLargeGoals, deleteUsers, seeded, seedLargeGoal, seedUsers, taskRanges } from '../seed.ts'
import { type Target, targets } from '../targets.ts'

const clients = 24
/** The users beside the neighbour. Each has some of the connections. */
const otherIds = Array.from({ length: 8 }, (_, number) => `10000000-0000-4000-8000-0000000001${number}0`)

type BesideSample = Sample & { creates: Sample }
type Baseline = { against: string; of: readonly BesideSample[]; target?: Target }
/** The requests of connections, by their numbers. */
type Requests = Record<'change' | 'create', (socket: number) => Buffer>

/** Measures creates and changes of users while another user keeps rows locked, or sends many changes. */
export async function neighbours(context: Context): Promise<Section> {
  const { pool, rounds, userId } = context
  const cascading = await seedLargeGoal(pool, { ownerId: userId, tasks: 10_000 })
  const ofNeighbour = await seedLargeGoal(pool, { ownerId: neighbourId, tasks: 5_000 })
  const disturb = await createDisturbances(context, ofNeighbour)
  const [oneUser, others] = [requestsOfOneUser(context), await requestsOfOthers(context)]
  const beside = (of: Requests, disturbance?: (running: Running) => Promise<unknown>) => () =>
    measureBeside(context, of, disturbance)
  const samples = await interleave(
    {
      alone: beside(oneUser),
      computation: beside(oneUser, disturb.computation),
      cascade: beside(oneUser, (running) => disturb.cascade(running, cascading)),
      others: beside(others),
      heldRow: beside(others, disturb.heldRow),
      changes: beside(others, disturb.changes),
      ownCascade: beside(others, disturb.ownCascade),
    },
    { rounds, warmUp: true },
  )
  await deleteLargeGoals(pool, [cascading, ofNeighbour])
  await clearEvents(context)
  await deleteUsers(pool, otherIds)
  const row = (beside: string, of: readonly BesideSample[], baseline: Baseline) => [
    compare({ ...baseline, measured: `PATCH /v1/tasks/{id} beside ${beside}`, of, baseline: baseline.of }),
    compare({
      ...baseline,
      measured: `POST /v1/goals/{id}/tasks beside ${beside}`,
      of: of.map((sample) => sample.creates),
      baseline: baseline.of.map((sample) => sample.creates),
    }),
  ]
  const alone = { against: 'without it', of: samples.alone }
  const besideNeighbour = { against: 'without it', of: samples.others, target: targets.besideNeighbour }
  const computation = { against: 'beside one connection that computes', of: samples.computation }
  return {
    title: 'Beside a long lock or many changes',
    note: [
      `${clients} connections change tasks and ${clients} create tasks.`,
      'Beside a cascade over 10,000 tasks they belong to one user, and the cascade is in another goal of that user.',
      'There, 20 tasks per second are created as well.',
      `Beside a neighbour they belong to ${otherIds.length} users.`,
      `The neighbour sends changes on ${neighbourClients} connections: of a row that another transaction has locked,`,
      'or of the 5,000 tasks of a goal, during cascades over them or without any.',
      'A connection that computes holds no lock: it shows what a cascade takes by its share of the cores.',
    ].join('\n'),
    rows: [
      ...row('a cascade over 10,000 tasks', samples.cascade, { ...alone, target: targets.besideCascade }),
      ...row("a neighbour's changes of a locked row", samples.heldRow, besideNeighbour),
      ...row("a neighbour's changes during a cascade", samples.ownCascade, besideNeighbour),
      ...row("a neighbour's changes without a cascade", samples.changes, besideNeighbour),
      ...row('one connection that computes', samples.computation, alone),
      ...row('a cascade over 10,000 tasks', samples.cascade, computation),
    ],
  }
}

function requestsOfOneUser({ rows, token }: Context): Requests {
  const requests = requestsAs(token)
  const [nextTask, nextGoal] = [walkRows(taskRanges(rows).neighbours), walkRows(seeded.http)]
  return { change: () => requests.patchTask(nextTask()), create: () => requests.createTask(nextGoal().row) }
}

/** Seeds rows for the other users. Each connection belongs to one of them. */
async function requestsOfOthers({ pool }: Context): Promise<Requests> {
  const ranges = await seedUsers(pool, otherIds)
  const tokens = await signTokens(otherIds)
  const users = ranges.map((range, place) => {
    const requests = requestsAs(tokens[place] ?? '')
    const [nextTask, nextGoal] = [walkRows(range), walkRows(range)]
    return { change: () => requests.patchTask(nextTask()), create: () => requests.createTask(nextGoal().row) }
  })
  const userOf = (socket: number) => users[socket % users.length] as (typeof users)[number]
  return { change: (socket) => userOf(socket).change(), create: (socket) => userOf(socket).create() }
}

/** Measures requests beside a disturbance, which goes on while `running` returns true. */
async function measureBeside(
  { api, seconds }: Context,
  requests: Requests,
  disturb: (running: Running) => Promise<unknown> = async () => undefined,
): Promise<BesideSample> {
  const load = (expect: number, next: Requests['change']) =>
    loadProgram({ seconds: 2 * seconds }, { program: api, expect, next, clients })
  let running = true
  const disturbed = disturb(() => running)
  // The changes of the neighbour wait for their lock before the measurement begins.
  await sleep(200)
  try {
    const [changes, creates] = await Promise.all([load(200, requests.change), load(201, requests.create)])
    return { ...changes, creates }
  } finally {
    running = false
    await disturbed
  }
}
