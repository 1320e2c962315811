import { patchGoal } from '../../apps/api/src/features/goals/change.ts'
import { type Context, clearEvents, seeded } from '../context.ts'
import { loadProgram } from '../http.ts'
import { describe, type Section } from '../report.ts'
import { helloRequest, requestsAs, walkRows } from '../requests.ts'
import { interleave, ratios } from '../rounds.ts'
import { goalId, goalIdSql, toScript } from '../script.ts'
import { actor, recordStatements } from '../statements.ts'

/** Measures merge patches with If-Match on random goals against the read and the statement of each. */
export async function patch(context: Context): Promise<Section> {
  const { api, hello, rounds, seconds, sqlRunner, token } = context
  const requests = requestsAs(token)
  const next = walkRows(seeded.http)
  const script = await record(context)

  const samples = await interleave(
    {
      patch: () =>
        loadProgram(context, {
          program: api,
          expect: 200,
          next() {
            const { row, version } = next()
            return requests.patchGoal(row, version)
          },
        }),
      sql: async () => ({ rate: await sqlRunner.run(script, seconds) }),
      hello: () => loadProgram(context, { program: hello, expect: 200, next: () => helloRequest }),
    },
    { rounds, warmUp: true },
  )
  await clearEvents(context)
  const row = (against: string, baseline: 'sql' | 'hello') => ({
    measured: 'PATCH /v1/goals/{id}',
    against,
    ratio: ratios(samples.patch, samples[baseline]),
    absolute: describe(samples.patch),
    baseline: describe(samples[baseline]),
  })
  return {
    title: 'Change',
    note: `Random rows out of ${seeded.http[1]}, each with its version. No worker runs. Statements: ${sqlRunner.name}.`,
    rows: [row('its read and its statement alone', 'sql'), row('bare Fastify, GET hello', 'hello')],
  }
}

async function record({ pool, userId }: Context) {
  const id = goalId(seeded.sql[1])
  const patch = { title: 'Goal once more', priority: 'HIGH' } as const
  const precondition = { versions: [1], required: false, lenient: false }
  const statements = await recordStatements(pool, (deps) => patchGoal(deps, actor(userId), id, patch, precondition))
  const varied = new Map<unknown, string>([
    [id, goalIdSql(':row')],
    [1, ':version'],
  ])
  return toScript(statements, { varied, rows: [seeded.sql[0], seeded.sql[1] - 1] })
}
