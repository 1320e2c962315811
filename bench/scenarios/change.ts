import { type Context, clearEvents } from '../context.ts'
import { loadProgram } from '../http.ts'
import { plainUpdate } from '../plain-scripts.ts'
import { type Program, startBaseline } from '../programs.ts'
import { compare, type Section } from '../report.ts'
import { compareCosts, createRequestCosts } from '../request-costs.ts'
import { helloRequest, requestsAs, takeRows, walkRows } from '../requests.ts'
import { interleave, warmUp } from '../rounds.ts'
import { seeded, taskRanges } from '../seed.ts'
import { targets } from '../targets.ts'

/** Measures merge patches with If-Match, and completions, against a minimal server and against HTTP alone. */
export async function change(context: Context): Promise<Section> {
  const minimal = await startBaseline(context.servers, 'minimal-server')
  try {
    return await measure(context, minimal)
  } finally {
    await minimal.stop()
    await clearEvents(context)
  }
}

async function measure(context: Context, minimal: Program): Promise<Section> {
  const { api, hello, rounds, rows, seconds, sqlRunner } = context
  const ranges = taskRanges(rows)
  const ours = changesOf(context, api)
  const theirs = changesOf(context, minimal)
  await warmUp([ours, theirs].flatMap(({ patchTask, patchGoal }) => [patchTask, patchGoal]))
  for (const costs of [ours.costs, theirs.costs]) for (const each of Object.values(costs)) each.clear()
  const samples = await interleave(
    {
      patchTask: ours.patchTask,
      minimalPatchTask: theirs.patchTask,
      complete: ours.complete,
      minimalComplete: theirs.complete,
      patchGoal: ours.patchGoal,
      minimalPatchGoal: theirs.patchGoal,
      update: async () => ({ rate: await sqlRunner.run(plainUpdate('tasks', ranges.sql), seconds) }),
      leanUpdate: async () => ({ rate: await sqlRunner.run(plainUpdate('bench_tasks', ranges.sql), seconds) }),
      hello: () => loadProgram(context, { program: hello, expect: 200, next: () => helloRequest }),
    },
    { rounds, warmUp: true },
  )
  const [patchTask, patchGoal] = ['PATCH /v1/tasks/{id}', 'PATCH /v1/goals/{id}']
  const row = (measured: string, of: keyof typeof samples, against: string, baseline: keyof typeof samples) =>
    compare({ measured, against, of: samples[of], baseline: samples[baseline] })
  return {
    title: 'Change',
    note: [
      `Random rows out of ${seeded.sql[1]} goals and ${rows} tasks. A patch has the version of its row in If-Match.`,
      'The minimal server compares the version, and writes the row and an outbox row in one statement.',
      `No worker runs. Statements: ${sqlRunner.name}.`,
      ...compareCosts(ours.costs, theirs.costs),
    ].join('\n'),
    rows: [
      { ...row(patchTask, 'patchTask', 'minimal server', 'minimalPatchTask'), target: targets.patch },
      { ...row(patchGoal, 'patchGoal', 'minimal server', 'minimalPatchGoal'), target: targets.patch },
      {
        ...row('POST /v1/tasks/{id}/complete', 'complete', 'minimal server', 'minimalComplete'),
        target: targets.complete,
      },
      {
        ...compare({
          measured: `CPU of the API per ${patchTask}`,
          against: 'CPU of bare Fastify per GET hello',
          ...{ of: samples.patchTask, baseline: samples.hello, by: 'cpuMicros' },
        }),
        target: targets.patchCpu,
      },
      row(patchTask, 'patchTask', 'plain UPDATE … returning', 'update'),
      row(patchTask, 'patchTask', 'plain UPDATE … returning, 3 indexes', 'leanUpdate'),
      row(patchTask, 'patchTask', 'bare Fastify, GET hello', 'hello'),
      row('plain UPDATE … returning of a task', 'update', 'the same with 3 indexes', 'leanUpdate'),
    ],
  }
}

/** Returns the changes to send to a program. Each program has rows of its own, with versions of their own. */
function changesOf(context: Context, program: Program) {
  const requests = requestsAs(context.token)
  const ranges = taskRanges(context.rows)
  const [nextTask, nextGoal] = [walkRows(ranges.patch), walkRows(seeded.http)]
  const open = takeRows(ranges.complete, context.rounds + 1)
  const pids = { 'the load': process.pid, 'the server': program.pid, ...context.servers.pids }
  const costs = {
    'PATCH of a task': createRequestCosts(pids),
    'PATCH of a goal': createRequestCosts(pids),
    completion: createRequestCosts(pids),
  }
  const send = (what: keyof typeof costs, next: () => Buffer | undefined) =>
    costs[what].measureRate(() => loadProgram(context, { program, expect: 200, next }))
  return {
    costs,
    patchTask: () => send('PATCH of a task', () => requests.patchTask(nextTask())),
    patchGoal: () => send('PATCH of a goal', () => requests.patchGoal(nextGoal())),
    complete() {
      open.startRun()
      return send('completion', () => {
        const row = open.next()
        return row === undefined ? undefined : requests.completeTask(row)
      })
    },
  }
}
