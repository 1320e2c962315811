import { requestBytes } from './load.ts'
import { goalId, taskId } from './script.ts'
import type { Range } from './seed.ts'

export const newGoal = {
  title: 'Run the harbour marathon',
  description: 'Train four times a week, find shoes that last, and book the ferry for the whole team.',
  priority: 'HIGH',
  targetDate: '2027-05-02',
  category: 'health',
  tags: ['running', 'spring'],
  metadata: { source: 'bench', team: { size: 4 } },
} as const

/** As large as the limits of the two longest members allow. */
const largeGoal = { ...newGoal, description: 'x'.repeat(20_000), metadata: { notes: 'x'.repeat(16_000) } }

export const newTask = {
  title: 'Book the ferry',
  description: 'Four people, one bicycle, the early boat. Send a message to the others when it is certain.',
  priority: 'MEDIUM',
  dueDate: '2027-04-01',
  estimatedHours: 1.5,
  tags: ['travel'],
  metadata: { source: 'bench' },
} as const

/** Returns requests of one user. The minimal server understands the writes among them, too. */
export function requestsAs(token: string) {
  const headers = { authorization: `Bearer ${token}` }
  const get = (path: string, more: Record<string, string> = {}) =>
    requestBytes({ method: 'GET', path, headers: { ...headers, ...more } })
  const post = (path: string, body: object) =>
    requestBytes({ method: 'POST', path, headers, body: JSON.stringify(body) })
  const patch = (path: string, { row, version }: Versioned) =>
    requestBytes({
      ...{ method: 'PATCH', path, headers: { ...headers, 'if-match': `"${version}"` } },
      body: JSON.stringify({ title: `Number ${row} once more, ${version}`, priority: 'HIGH' }),
    })
  return {
    createGoal: post('/v1/goals', newGoal),
    createLargeGoal: post('/v1/goals', largeGoal),
    createTask: (row: number) => post(`/v1/goals/${goalId(row)}/tasks`, newTask),
    createTaskOfColleague: (row: number) =>
      post(`/v1/goals/${goalId(row)}/tasks`, { ...newTask, assignedTo: colleague }),
    patchGoal: (goal: Versioned) => patch(`/v1/goals/${goalId(goal.row)}`, goal),
    patchTask: (task: Versioned) => patch(`/v1/tasks/${taskId(task.row)}`, task),
    /** Changes a task whatever version it has. `count` makes each change a change. */
    patchTaskById: (id: string, count: number) =>
      requestBytes({
        ...{ method: 'PATCH', path: `/v1/tasks/${id}`, headers: { ...headers, 'if-match': '*' } },
        body: JSON.stringify({ title: `Changed ${count}` }),
      }),
    completeTask: (row: number) => post(`/v1/tasks/${taskId(row)}/complete`, {}),
    readGoal: (row: number, more: Record<string, string> = {}, query = '') =>
      get(`/v1/goals/${goalId(row)}${query}`, more),
    readTask: (row: number) => get(`/v1/tasks/${taskId(row)}`),
    listGoals: (more = '') => get(`/v1/goals?limit=50${more}`),
    listTasks: (goal: string, cursor: string) => get(`/v1/goals/${goal}/tasks?limit=50&cursor=${cursor}`),
  }
}

const colleague = '10000000-0000-4000-8000-000000000002'

export const helloRequest = requestBytes({ method: 'GET', path: '/hello' })
export const noopPost = requestBytes({ method: 'POST', path: '/hello', body: JSON.stringify(newGoal) })

/** A row by its number, with the version that it has. */
export type Versioned = { row: number; version: number }

/** Returns a function that walks through the rows in random order, and counts the version of each. */
export function walkRows(range: Range): () => Versioned {
  const rows = shuffled(range).map((row) => ({ row, version: 0 }))
  let place = 0
  return () => {
    const next = rows[place++ % rows.length]
    if (!next) throw new Error('The range has no rows. Raise --rows.')
    next.version++
    return next
  }
}

/** Returns a function that returns each row once, in random order, `perRun` rows until `startRun` is called again. */
export function takeRows(range: Range, runs: number) {
  const rows = shuffled(range)
  const perRun = Math.floor(rows.length / runs)
  let left = 0
  return {
    startRun() {
      left = perRun
    },
    next: (): number | undefined => (left-- > 0 ? rows.pop() : undefined),
  }
}

function shuffled([from, to]: Range): number[] {
  const rows = Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i)
  for (let i = rows.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1))
    ;[rows[i], rows[j]] = [rows[j] as number, rows[i] as number]
  }
  return rows
}
