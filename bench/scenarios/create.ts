import { createGoal } from '../../apps/api/src/features/goals/create.ts'
import { createTask } from '../../apps/api/src/features/tasks/create.ts'
import { type Context, clearEvents } from '../context.ts'
import { loadProgram } from '../http.ts'
import { plainInsert } from '../plain-scripts.ts'
import { type Program, startBaseline } from '../programs.ts'
import { compare, type Section } from '../report.ts'
import { compareCosts, createRequestCosts } from '../request-costs.ts'
import { helloRequest, newGoal, newTask, noopPost, requestsAs, walkRows } from '../requests.ts'
import { interleave, warmUp } from '../rounds.ts'
import { goalId, goalIdSql, type Script, toScript } from '../script.ts'
import { seeded } from '../seed.ts'
import { actor, recordStatements } from '../statements.ts'
import { targets } from '../targets.ts'

/** Measures creates over HTTP against their statement alone, against a minimal server, and against HTTP alone. */
export async function create(context: Context): Promise<Section> {
  const { servers } = context
  const [minimal, batched] = [
    await startBaseline(servers, 'minimal-server'),
    await startBaseline(servers, 'minimal-server', { CREATES: 'batched' }),
  ]
  try {
    return await measure(context, { minimal, batched })
  } finally {
    await Promise.all([minimal.stop(), batched.stop()])
    await clearEvents(context)
  }
}

type Minimal = { minimal: Program; batched: Program }

async function measure(context: Context, { minimal, batched }: Minimal): Promise<Section> {
  const { api, hello, rounds, seconds, servers, sqlRunner, token, userId } = context
  const requests = requestsAs(token)
  const nextGoal = walkRows(seeded.http)
  const { goalScript, taskScript } = await record(context)
  const [insert, leanInsert] = [
    plainInsert('tasks', { userId, goals: seeded.sql }),
    plainInsert('bench_tasks', { userId, goals: seeded.sql }),
  ]
  const creates = { goal: () => requests.createGoal, task: () => requests.createTask(nextGoal().row) }
  const costsOf = (program: Program) => {
    const pids = { 'the load': process.pid, 'the server': program.pid, ...servers.pids }
    return { goal: createRequestCosts(pids), task: createRequestCosts(pids) }
  }
  const [ourCosts, batchedCosts] = [costsOf(api), costsOf(batched)]
  const send = (program: Program, what: keyof typeof creates) => () =>
    loadProgram(context, { program, expect: 201, next: creates[what] })
  const measured = (program: Program, what: keyof typeof creates, costs: typeof ourCosts) => () =>
    costs[what].measureRate(send(program, what))
  const sql = (script: Script) => async () => ({ rate: await sqlRunner.run(script, seconds) })

  await warmUp([api, batched].flatMap((program) => [send(program, 'goal'), send(program, 'task')]))
  const samples = await interleave(
    {
      goals: measured(api, 'goal', ourCosts),
      minimalGoals: measured(batched, 'goal', batchedCosts),
      goalSql: sql(goalScript),
      tasks: measured(api, 'task', ourCosts),
      minimalTasks: measured(batched, 'task', batchedCosts),
      singleTasks: send(minimal, 'task'),
      taskSql: sql(taskScript),
      insert: sql(insert),
      leanInsert: sql(leanInsert),
      noop: () => loadProgram(context, { program: hello, expect: 201, next: () => noopPost }),
      hello: () => loadProgram(context, { program: hello, expect: 200, next: () => helloRequest }),
    },
    { rounds, warmUp: true },
  )
  const [goals, tasks] = ['POST /v1/goals', 'POST /v1/goals/{id}/tasks']
  const batchedServer = 'minimal server, batched creates'
  const target = targets.create
  const row = (measured: string, of: keyof typeof samples, against: string, baseline: keyof typeof samples) =>
    compare({ measured, against, of: samples[of], baseline: samples[baseline] })
  return {
    title: 'Create',
    note: [
      'Each create commits a row, an event, its readers and its deliveries, and enqueues the event.',
      'The minimal server writes the row and an outbox row, without token, access check and cache.',
      `No worker runs. Statements: ${sqlRunner.name}.`,
      ...compareCosts(ourCosts, batchedCosts),
    ].join('\n'),
    rows: [
      { ...row(tasks, 'tasks', batchedServer, 'minimalTasks'), target },
      { ...row(goals, 'goals', batchedServer, 'minimalGoals'), target },
      row(tasks, 'tasks', 'minimal server, one statement per create', 'singleTasks'),
      {
        ...row('statement of a create, one task', 'taskSql', 'INSERT of the row alone', 'insert'),
        target: targets.createStatement,
      },
      row('statement of a create, one task', 'taskSql', 'INSERT into the same columns with 3 indexes', 'leanInsert'),
      row(goals, 'goals', 'its statement alone', 'goalSql'),
      row(tasks, 'tasks', 'its statement alone', 'taskSql'),
      row(goals, 'goals', 'bare Fastify, no-op POST of the same body', 'noop'),
      row(goals, 'goals', 'bare Fastify, GET hello', 'hello'),
    ],
  }
}

async function record({ pool, userId }: Context) {
  let newId = ''
  const goal = await recordStatements(pool, async (deps) => {
    newId = (await createGoal(deps, actor(userId), { ...newGoal, tags: [...newGoal.tags] })).id
  })
  const goalScript = toScript(goal, { varied: new Map([[newId, 'gen_random_uuid()']]), rows: seeded.sql })
  const into = goalId(seeded.sql[0])
  const task = await recordStatements(pool, async (deps) => {
    newId = (await createTask(deps, actor(userId), into, { ...newTask, tags: [...newTask.tags] })).id
  })
  const varied = new Map([
    [newId, 'gen_random_uuid()'],
    [into, goalIdSql(':row')],
  ])
  return { goalScript, taskScript: toScript(task, { varied, rows: seeded.sql }) }
}
