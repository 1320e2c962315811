import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { env } from 'node:process'
import fastify from 'fastify'
import pg from 'pg'
import { createNaturalBatch } from '../../packages/db/src/engine/natural-batch.ts'
import { type Create, type MinimalStatement, minimalStatements } from './minimal-statements.ts'

/**
 * The least that a server with an outbox does: each write is one prepared statement for the row and its outbox row.
 * Has no tokens, no access checks, no rules, no audit log and no cache. With CREATES=batched, concurrent creates share
 * a statement.
 */
const pool = new pg.Pool({ connectionString: env.DATABASE_URL, max: 16 })
const statements = minimalStatements()

async function run(statement: MinimalStatement, values: readonly unknown[]): Promise<string[]> {
  const { rows } = await pool.query({ ...statement, values: [...values] })
  return rows.map((row) => row.text)
}

const creates = (statement: MinimalStatement): ((row: Create) => Promise<string | undefined>) =>
  env.CREATES === 'batched'
    ? createNaturalBatch((rows) => run(statement, [JSON.stringify(rows)]), {
        ...{ maxInFlight: 2, maxInputs: 100, maxQueued: 5_000, maxWaitMs: 10_000 },
      })
    : async (row) => (await run(statement, [JSON.stringify([row])]))[0]
const [createGoal, createTask] = [creates(statements.createGoals), creates(statements.createTasks)]

const title = { type: 'string', minLength: 1, maxLength: 200 }
const priority = { enum: ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] }
const newBody = { type: 'object', required: ['title'], properties: { title, priority } }
const patchBody = { type: 'object', properties: { title, priority } }
const params = { type: 'object', properties: { id: { type: 'string', format: 'uuid' } } }

type Patch = { Params: { id: string }; Body: { title?: string; priority?: string } }
const versionOf = (header: string | undefined) => Number(header?.slice(1, -1))
const userId = '10000000-0000-4000-8000-000000000001'
const json = 'application/json; charset=utf-8'

const app = fastify()
app.post<{ Body: Create }>('/v1/goals', { schema: { body: newBody } }, async ({ body }, reply) => {
  const text = await createGoal({ ...body, id: randomUUID(), userId })
  return reply.code(201).type(json).send(text)
})
app.post<{ Params: { id: string }; Body: Create }>(
  '/v1/goals/:id/tasks',
  { schema: { body: newBody, params } },
  async ({ body, params }, reply) => {
    const text = await createTask({ ...body, id: randomUUID(), goalId: params.id, userId })
    return reply.code(201).type(json).send(text)
  },
)
for (const [path, statement] of [
  ['/v1/goals/:id', statements.patchGoal],
  ['/v1/tasks/:id', statements.patchTask],
] as const)
  app.patch<Patch>(path, { schema: { body: patchBody, params } }, async ({ body, params, headers }, reply) => {
    const version = versionOf(headers['if-match'])
    const [text] = await run(statement, [params.id, version, body.title ?? null, body.priority ?? null])
    return text ? reply.type(json).send(text) : reply.code(412).send()
  })
app.post<{ Params: { id: string } }>('/v1/tasks/:id/complete', { schema: { params } }, async ({ params }, reply) => {
  const [text] = await run(statements.completeTask, [params.id])
  return text ? reply.type(json).send(text) : reply.code(409).send()
})

await app.listen({ host: '127.0.0.1', port: Number(env.PORT) })
createServer((_request, response) => response.end()).listen(Number(env.PROBE_PORT))
