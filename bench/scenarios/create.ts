import { createGoal } from '../../apps/api/src/features/goals/create.ts'
import { createTask } from '../../apps/api/src/features/tasks/create.ts'
import { type Context, clearEvents, seeded } from '../context.ts'
import { loadProgram } from '../http.ts'
import { describe, type Section } from '../report.ts'
import { helloRequest, newGoal, newTask, noopPost, requestsAs, walkRows } from '../requests.ts'
import { interleave, ratios } from '../rounds.ts'
import { goalId, goalIdSql, toScript } from '../script.ts'
import { actor, recordStatements } from '../statements.ts'

/** Measures creates over HTTP against their statement alone, and against HTTP alone. */
export async function create(context: Context): Promise<Section> {
  const { api, hello, rounds, seconds, sqlRunner, token } = context
  const requests = requestsAs(token)
  const nextGoal = walkRows(seeded.http)
  const { goalScript, taskScript } = await record(context)

  const samples = await interleave(
    {
      goals: () => loadProgram(context, { program: api, expect: 201, next: () => requests.createGoal }),
      goalSql: async () => ({ rate: await sqlRunner.run(goalScript, seconds) }),
      tasks: () => loadProgram(context, { program: api, expect: 201, next: () => requests.createTask(nextGoal().row) }),
      taskSql: async () => ({ rate: await sqlRunner.run(taskScript, seconds) }),
      noop: () => loadProgram(context, { program: hello, expect: 201, next: () => noopPost }),
      hello: () => loadProgram(context, { program: hello, expect: 200, next: () => helloRequest }),
    },
    { rounds, warmUp: true },
  )
  await clearEvents(context)
  const row = (measured: string, name: 'goals' | 'tasks', against: string, baseline: keyof typeof samples) => ({
    measured,
    against,
    ratio: ratios(samples[name], samples[baseline]),
    absolute: describe(samples[name]),
    baseline: describe(samples[baseline]),
  })
  return {
    title: 'Create',
    note: [
      'Each create commits a row, an event, its readers and three deliveries, and enqueues the event.',
      `No worker runs. Statements: ${sqlRunner.name}.`,
    ].join('\n'),
    rows: [
      row('POST /v1/goals', 'goals', 'its statement alone', 'goalSql'),
      row('POST /v1/goals', 'goals', 'bare Fastify, no-op POST of the same body', 'noop'),
      row('POST /v1/goals', 'goals', 'bare Fastify, GET hello', 'hello'),
      row('POST /v1/goals/{id}/tasks', 'tasks', 'its statement alone', 'taskSql'),
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
