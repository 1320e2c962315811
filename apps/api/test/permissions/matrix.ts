import type { Scope } from '@goals-tasks/http'

/** The columns of the matrix. Both creators made the task in somebody else's goal; the one is assigned another live task there. */
export const actors = [
  'owner',
  'assignee',
  'former assignee',
  'creator who sees the goal',
  'creator who does not',
  'stranger',
  'admin',
] as const
export type ActorName = (typeof actors)[number]

/** What is asked for is live, was deleted by itself, or went with its goal. */
export const states = ['live', 'deleted', 'deletedWithGoal'] as const
export type State = (typeof states)[number]

/** The status that each actor is answered, in the order of the columns. */
type Rule = Partial<Record<State, string>>

const anybody: Rule = { live: '200 200 200 200 200 200 200' }
const create: Rule = { live: '201 201 201 201 201 201 201' }

const readGoal: Rule = {
  live: '200 200 404 200 404 404 200',
  deleted: '410 410 404 410 404 404 410',
}
// Who sees a header only is turned away before anything is compared, so that no answer tells more than the header.
const goalHistory: Rule = {
  live: '200 403 404 403 404 404 200',
  deleted: '200 403 404 403 404 404 200',
}
const changeGoal: Rule = {
  live: '200 403 404 403 404 404 200',
  deleted: '409 403 404 403 404 404 409',
}
const deleteGoal: Rule = {
  live: '204 403 404 403 404 404 204',
  deleted: '204 403 404 403 404 404 204',
}
const restoreGoal: Rule = {
  live: '200 403 404 403 404 404 200',
  deleted: '200 403 404 403 404 404 200',
}
const putIntoGoal: Rule = {
  live: '201 403 404 403 404 404 201',
  deleted: '409 403 404 403 404 404 409',
}

const readTask: Rule = {
  live: '200 200 404 200 404 404 200',
  deleted: '410 410 404 410 404 404 410',
  deletedWithGoal: '410 410 404 410 404 404 410',
}
const taskHistory: Rule = {
  live: '200 200 404 200 404 404 200',
  deleted: '200 200 404 200 404 404 200',
  deletedWithGoal: '200 200 404 200 404 404 200',
}
const workOnTask: Rule = {
  live: '200 200 404 200 404 404 200',
  deleted: '409 409 404 409 404 404 409',
  deletedWithGoal: '409 409 404 409 404 404 409',
}
const changeTask: Rule = {
  live: '200 403 404 200 404 404 200',
  deleted: '409 409 404 409 404 404 409',
  deletedWithGoal: '409 409 404 409 404 404 409',
}
const deleteTask: Rule = {
  live: '204 403 404 204 404 404 204',
  deleted: '204 204 404 204 404 404 204',
  deletedWithGoal: '204 204 404 204 404 404 204',
}
const restoreTask: Rule = {
  live: '200 200 404 200 404 404 200',
  deleted: '200 403 404 200 404 404 200',
  deletedWithGoal: '409 403 404 409 404 404 409',
}

export type Entry = {
  scope: Scope
  rule: Rule
  body?: object
  /** What the owner does first, to the goal or the task that is asked for. */
  first?: string
}

/** Every route that takes a token, with the scope that it needs. */
export const matrix: Record<string, Entry> = {
  'POST /v1/goals': { scope: 'goals:write', rule: create, body: { title: 'New' } },
  'GET /v1/goals': { scope: 'goals:read', rule: anybody },
  'GET /v1/goals/:goalId': { scope: 'goals:read', rule: readGoal },
  'PATCH /v1/goals/:goalId': { scope: 'goals:write', rule: changeGoal, body: { title: 'New' } },
  'DELETE /v1/goals/:goalId': { scope: 'goals:write', rule: deleteGoal },
  'POST /v1/goals/:goalId/restore': { scope: 'goals:write', rule: restoreGoal },
  'POST /v1/goals/:goalId/complete': { scope: 'goals:write', rule: changeGoal },
  'POST /v1/goals/:goalId/cancel': { scope: 'goals:write', rule: changeGoal },
  'POST /v1/goals/:goalId/hold': { scope: 'goals:write', rule: changeGoal },
  'POST /v1/goals/:goalId/resume': { scope: 'goals:write', rule: changeGoal, first: 'hold' },
  'POST /v1/goals/:goalId/reopen': { scope: 'goals:write', rule: changeGoal, first: 'cancel' },
  'GET /v1/goals/:goalId/history': { scope: 'goals:read', rule: goalHistory },

  'POST /v1/goals/:goalId/tasks': { scope: 'tasks:write', rule: putIntoGoal, body: { title: 'New' } },
  'GET /v1/goals/:goalId/tasks': { scope: 'tasks:read', rule: readGoal },
  'GET /v1/tasks': { scope: 'tasks:read', rule: anybody },
  'GET /v1/tasks/:taskId': { scope: 'tasks:read', rule: readTask },
  'PATCH /v1/tasks/:taskId': { scope: 'tasks:write', rule: changeTask, body: { title: 'New' } },
  'DELETE /v1/tasks/:taskId': { scope: 'tasks:write', rule: deleteTask },
  'POST /v1/tasks/:taskId/restore': { scope: 'tasks:write', rule: restoreTask },
  'POST /v1/tasks/:taskId/start': { scope: 'tasks:write', rule: workOnTask },
  'POST /v1/tasks/:taskId/stop': { scope: 'tasks:write', rule: workOnTask, first: 'start' },
  'POST /v1/tasks/:taskId/complete': { scope: 'tasks:write', rule: workOnTask },
  'POST /v1/tasks/:taskId/block': { scope: 'tasks:write', rule: workOnTask },
  'POST /v1/tasks/:taskId/unblock': { scope: 'tasks:write', rule: workOnTask, first: 'block' },
  'POST /v1/tasks/:taskId/cancel': { scope: 'tasks:write', rule: workOnTask },
  'POST /v1/tasks/:taskId/reopen': { scope: 'tasks:write', rule: workOnTask, first: 'complete' },
  'PUT /v1/tasks/:taskId/dependencies/:blockerId': { scope: 'tasks:write', rule: changeTask },
  'DELETE /v1/tasks/:taskId/dependencies/:blockerId': { scope: 'tasks:write', rule: changeTask, first: 'wait' },
  'GET /v1/tasks/:taskId/history': { scope: 'tasks:read', rule: taskHistory },
}

/** Open to everybody, with or without a token. Other methods of an address under /v1 are refused with 405 before anything else. */
export const publicRoutes = ['/openapi.json', '/docs', '/docs/', '/docs/js/scalar.js', '/problems/:code']
