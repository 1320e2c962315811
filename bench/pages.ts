import type { Context } from './context.ts'
import { goalId } from './script.ts'
import { goalsWithTasks } from './seed.ts'

/** A page after the first: its cursor for the API, and its parameters for the baseline. */
type Page = { cursor: string; goal: string; query: URLSearchParams }

const maxGoals = 2_000

/** Returns a function that returns random pages of goals. It makes their cursors from one of the API's cursors. */
export async function walkGoalPages(context: Context): Promise<() => Page> {
  const [version, binding] = decode(await nextCursor(context, '/v1/goals?limit=1'))
  const { rows } = await context.pool.query('select rfc3339(created_at) as at, id from goals order by random()')
  return walk(
    rows.map(({ at, id }) => ({
      cursor: Buffer.from(JSON.stringify([version, binding, at, id])).toString('base64url'),
      goal: '',
      query: new URLSearchParams({ parent: context.userId, at, id }),
    })),
  )
}

/** Returns a function that returns the second pages of 50 tasks, one of each goal. Their rows are scattered on disk. */
export async function walkTaskPages(context: Context): Promise<() => Page> {
  const pages: Page[] = []
  for (let row = 1; row <= Math.min(goalsWithTasks(context.rows), maxGoals); row++) {
    const goal = goalId(row)
    const cursor = await nextCursor(context, `/v1/goals/${goal}/tasks?limit=50`)
    const [, , at, id] = decode(cursor)
    pages.push({ cursor, goal, query: new URLSearchParams({ parent: goal, at: String(at), id: String(id) }) })
  }
  return walk(pages)
}

async function nextCursor({ api, token }: Context, path: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${api.port}${path}`, { headers: { authorization: `Bearer ${token}` } })
  const { page } = (await response.json()) as { page: { nextCursor: string | null } }
  if (page.nextCursor === null) throw new Error(`${path} has one page. Raise --rows.`)
  return page.nextCursor
}

const decode = (cursor: string): unknown[] => JSON.parse(Buffer.from(cursor, 'base64url').toString())

function walk(pages: readonly Page[]): () => Page {
  let place = 0
  return () => pages[place++ % pages.length] as Page
}
