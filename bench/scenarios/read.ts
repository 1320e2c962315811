import { type Context, seeded } from '../context.ts'
import { loadProgram } from '../http.ts'
import { describe, type Section } from '../report.ts'
import { helloRequest, requestsAs, walkRows } from '../requests.ts'
import { interleave, ratios } from '../rounds.ts'

/** Reads, each of which asks Postgres, against an answer that asks nobody. */
export async function read(context: Context): Promise<Section> {
  const { api, hello, rounds, token } = context
  const requests = requestsAs(token)
  const next = walkRows(seeded.http)
  const samples = await interleave(
    {
      goal: () => loadProgram(context, { program: api, expect: 200, next: () => requests.readGoal(next().row) }),
      list: () => loadProgram(context, { program: api, expect: 200, next: () => requests.listGoals }),
      hello: () => loadProgram(context, { program: hello, expect: 200, next: () => helloRequest }),
    },
    { rounds, warmUp: true },
  )
  const row = (measured: string, name: 'goal' | 'list') => ({
    measured,
    against: 'bare Fastify, GET hello',
    ratio: ratios(samples[name], samples.hello),
    absolute: describe(samples[name]),
    baseline: describe(samples.hello),
  })
  return {
    title: 'Read',
    note: 'Without a cache.',
    rows: [row('GET /v1/goals/{id}, random', 'goal'), row('GET /v1/goals?limit=50', 'list')],
  }
}
