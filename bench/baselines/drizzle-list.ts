import { createServer } from 'node:http'
import { env } from 'node:process'
import { Goal } from '@goals-tasks/events'
import { getTableColumns, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import fastify from 'fastify'
import pg from 'pg'
import { goals } from '../../packages/db/src/schema/goals.ts'

/** The simplest list: a prepared Drizzle select. The serializer of the route's schema turns its rows into JSON. */
const db = drizzle(new pg.Pool({ connectionString: env.DATABASE_URL, max: 16 }))
const { deleteCascadeId: _, closeCascadeId: __, ...columns } = getTableColumns(goals)
const page = db
  .select(columns)
  .from(goals)
  .where(
    sql`${goals.userId} = ${sql.placeholder('userId')} and ${goals.deletedAt} is null
      and (${goals.createdAt}, ${goals.id}) < (${sql.placeholder('at')}::timestamptz, ${sql.placeholder('id')}::uuid)`,
  )
  .orderBy(sql`${goals.createdAt} desc, ${goals.id} desc`)
  .limit(50)
  .prepare('bench_list')

const app = fastify()
app.get<{ Querystring: { userId: string; at: string; id: string } }>(
  '/goals',
  { schema: { response: { 200: { type: 'object', properties: { data: { type: 'array', items: Goal } } } } } },
  async (request) => ({ data: await page.execute(request.query) }),
)

await app.listen({ host: '127.0.0.1', port: Number(env.PORT) })
createServer((_request, response) => response.end()).listen(Number(env.PROBE_PORT))
