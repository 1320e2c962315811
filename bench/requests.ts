import { requestBytes } from './load.ts'
import { goalId } from './script.ts'

export const newGoal = {
  title: 'Run the harbour marathon',
  description: 'Train four times a week, find shoes that last, and book the ferry for the whole team.',
  priority: 'HIGH',
  targetDate: '2027-05-02',
  category: 'health',
  tags: ['running', 'spring'],
  metadata: { source: 'bench', team: { size: 4 } },
} as const

export const newTask = {
  title: 'Book the ferry',
  description: 'Four people, one bicycle, the early boat. Send a message to the others when it is certain.',
  priority: 'MEDIUM',
  dueDate: '2027-04-01',
  estimatedHours: 1.5,
  tags: ['travel'],
  metadata: { source: 'bench' },
} as const

/** Returns requests of one user. */
export function requestsAs(token: string) {
  const headers = { authorization: `Bearer ${token}` }
  return {
    createGoal: requestBytes({ method: 'POST', path: '/v1/goals', headers, body: JSON.stringify(newGoal) }),
    createTask: (row: number) =>
      requestBytes({ method: 'POST', path: `/v1/goals/${goalId(row)}/tasks`, headers, body: JSON.stringify(newTask) }),
    patchGoal: (row: number, version: number) =>
      requestBytes({
        method: 'PATCH',
        path: `/v1/goals/${goalId(row)}`,
        headers: { ...headers, 'if-match': `"${version}"` },
        body: JSON.stringify({ title: `Goal ${row} once more, ${version}`, priority: 'HIGH' }),
      }),
    readGoal: (row: number, more: Record<string, string> = {}, query = '') =>
      requestBytes({ method: 'GET', path: `/v1/goals/${goalId(row)}${query}`, headers: { ...headers, ...more } }),
    listGoals: (more = '') => requestBytes({ method: 'GET', path: `/v1/goals?limit=50${more}`, headers }),
  }
}

export const helloRequest = requestBytes({ method: 'GET', path: '/hello' })
export const noopPost = requestBytes({ method: 'POST', path: '/hello', body: JSON.stringify(newGoal) })

/** Returns a function that walks through the rows in random order, and counts the version of each. */
export function walkRows([from, to]: readonly [number, number]) {
  const rows = Array.from({ length: to - from + 1 }, (_, i) => ({ row: from + i, version: 0 }))
  rows.sort(() => Math.random() - 0.5)
  let place = 0
  return () => {
    const next = rows[place++ % rows.length] as { row: number; version: number }
    next.version++
    return next
  }
}
