import { createServer } from 'node:http'
import { env } from 'node:process'
import { Goal, goalFields, Task, taskFields } from '@goals-tasks/events'
import { getTableColumns, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import type { PgColumn } from 'drizzle-orm/pg-core'
import fastify from 'fastify'
import pg from 'pg'
import { goals } from '../../packages/db/src/schema/goals.ts'
import { tasks } from '../../packages/db/src/schema/tasks.ts'

/** The simplest lists: prepared Drizzle selects. The serializer of a route's schema turns their rows into JSON. */
const db = drizzle(new pg.Pool({ connectionString: env.DATABASE_URL, max: 16 }))

function preparePage(name: string, table: typeof goals | typeof tasks, { parent, fields }: Listed) {
  const columns = Object.entries<PgColumn>(getTableColumns(table)).filter(([column]) => Object.hasOwn(fields, column))
  return db
    .select(Object.fromEntries(columns))
    .from(table)
    .where(
      sql`${parent} = ${sql.placeholder('parent')} and ${table.deletedAt} is null
        and (${table.createdAt}, ${table.id})
          < (${sql.placeholder('at')}::timestamptz, ${sql.placeholder('id')}::uuid)`,
    )
    .orderBy(sql`${table.createdAt} desc, ${table.id} desc`)
    .limit(50)
    .prepare(name)
}
type Listed = { parent: PgColumn; fields: object }

const pages = [
  ['/goals', preparePage('bench_goals', goals, { parent: goals.userId, fields: goalFields }), Goal],
  ['/tasks', preparePage('bench_tasks', tasks, { parent: tasks.goalId, fields: taskFields }), Task],
] as const

const app = fastify()
for (const [path, page, items] of pages)
  app.get<{ Querystring: { parent: string; at: string; id: string } }>(
    path,
    { schema: { response: { 200: { type: 'object', properties: { data: { type: 'array', items } } } } } },
    async (request) => ({ data: await page.execute(request.query) }),
  )

await app.listen({ host: '127.0.0.1', port: Number(env.PORT) })
createServer((_request, response) => response.end()).listen(Number(env.PROBE_PORT))
