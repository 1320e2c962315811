import { Task } from '@goals-tasks/events'
import type { FastifyPluginAsync } from 'fastify'
import Type from 'typebox'
import type { Deps } from '../../deps.ts'
import { Capabilities } from '../../resource/capabilities.ts'
import { IncludeDeleted } from '../../resource/fields.ts'
import { HistoryQuery, historyEntry } from '../../resource/history.ts'
import { createOperations, Nothing } from '../../resource/http/operations.ts'
import { entityResponse, noContent as nothing } from '../../resource/http/reply.ts'
import { created, listed, noContent, ok, okOrUnchanged } from '../../resource/http/responses.ts'
import { commaSeparated, parseInclude } from '../../resource/lists/query.ts'
import { describeStates, describeVerb } from '../../resource/transitions.ts'
import { taskAccess } from './access.ts'
import { addDependency, moveTask, patchTask, removeDependency } from './change.ts'
import { createTask } from './create.ts'
import { listTasks, listTasksOfGoal, TaskListQuery } from './list.ts'
import { readTask, taskHistory } from './read.ts'
import { deleteTask, restoreTask } from './remove.ts'
import { Completing, EdgeParams, NewTask, TaskGoalParams, TaskParams, TaskPatch } from './schemas.ts'
import { type TaskVerb, taskTransitions, taskVerbs } from './states.ts'

const ReadQuery = Type.Object(
  { ...IncludeDeleted.properties, include: commaSeparated(['capabilities']) },
  { additionalProperties: false },
)
/** A task with the members that `include=` adds. */
const TaskView = Type.Object({ ...Task.properties, capabilities: Type.Optional(Capabilities) }, { title: 'TaskView' })

const states = describeStates(taskTransitions)
const changing = ['forbidden', 'deleted', 'invalid-transition', 'task-blocked'] as const
const relating = ['dependency-cycle', 'too-many-dependencies'] as const
const joiningGoal = ['goal-closed', 'goal-deleted', 'goal-full'] as const
const verbs: Record<TaskVerb, { summary: string; first?: string }> = {
  start: { summary: 'Start a task' },
  stop: { summary: 'Return a started task to TODO', first: 'start' },
  complete: { summary: 'Complete a task; dependents without another open blocker are unblocked' },
  block: { summary: 'Block a task by hand' },
  unblock: { summary: 'Lift a manual block', first: 'block' },
  cancel: { summary: 'Cancel a task; dependents without another open blocker are unblocked' },
  reopen: {
    summary: 'Reopen a closed task; it becomes BLOCKED while a blocker is open',
    first: 'complete',
  },
}

export const taskRoutes =
  (deps: Deps): FastifyPluginAsync =>
  async (app) => {
    const { query, create, patch, command } = createOperations(app, deps, {
      ...{ tag: 'tasks', read: 'tasks:read', write: 'tasks:write' },
    })

    create('/v1/goals/:goalId/tasks', {
      ...{ id: 'createTask', summary: 'Create a task in a goal' },
      access: { rule: taskAccess.createInGoal, body: { title: 'New' } },
      params: TaskGoalParams,
      body: NewTask,
      problems: ['forbidden', ...joiningGoal, ...relating, 'deleted'],
      response: created(Task),
      async run(deps, actor, { params, body }) {
        const task = await createTask(deps, actor, params.goalId, body)
        return entityResponse(task, 201, { location: `/v1/tasks/${task.id}` })
      },
    })

    query('/v1/goals/:goalId/tasks', {
      ...{ id: 'listTasksOfGoal', summary: 'List the tasks of a goal, newest first' },
      access: { rule: taskAccess.listOfGoal },
      params: TaskGoalParams,
      query: TaskListQuery,
      problems: ['cursor-mismatch', 'gone'],
      response: listed(Task),
      run: (deps, actor, { params, query }) => listTasksOfGoal(deps, actor, params.goalId, query),
    })

    query('/v1/tasks', {
      ...{ id: 'listTasks', summary: 'List tasks across goals, newest first' },
      access: { rule: taskAccess.anyone },
      query: TaskListQuery,
      problems: ['cursor-mismatch'],
      response: listed(Task),
      run: (deps, actor, { query }) => listTasks(deps, actor, query),
    })

    query('/v1/tasks/:taskId', {
      ...{ id: 'readTask', summary: 'Read a task' },
      access: { rule: taskAccess.read },
      params: TaskParams,
      query: ReadQuery,
      problems: ['gone'],
      response: okOrUnchanged(TaskView),
      run(deps, actor, { params, query: { includeDeleted = false, include } }) {
        const capabilities = parseInclude(include, ['capabilities']).has('capabilities')
        return readTask(deps, actor, params.taskId, { includeDeleted, capabilities })
      },
    })

    patch('/v1/tasks/:taskId', {
      ...{ id: 'patchTask', summary: 'Change a task by a merge patch', description: states },
      access: { rule: taskAccess.change, body: { title: 'New' } },
      params: TaskParams,
      body: TaskPatch,
      problems: [...changing, ...relating, ...joiningGoal],
      response: ok(Task),
      run: async (deps, actor, { params, body, precondition }) =>
        entityResponse(await patchTask(deps, actor, params.taskId, body, precondition)),
    })

    command('DELETE', '/v1/tasks/:taskId', {
      ...{ id: 'deleteTask', summary: 'Delete a task, recoverably' },
      access: { rule: taskAccess.delete },
      params: TaskParams,
      problems: ['forbidden'],
      response: noContent,
      async run(deps, actor, { params, precondition }) {
        await deleteTask(deps, actor, params.taskId, precondition)
        return nothing
      },
    })

    command('POST', '/v1/tasks/:taskId/restore', {
      ...{ id: 'restoreTask', summary: 'Restore a deleted task' },
      access: { rule: taskAccess.restore },
      params: TaskParams,
      body: Nothing,
      problems: ['forbidden', ...joiningGoal],
      response: ok(Task),
      run: async (deps, actor, { params, precondition }) =>
        entityResponse(await restoreTask(deps, actor, params.taskId, precondition)),
    })

    for (const verb of taskVerbs) {
      const { summary, ...given } = verbs[verb]
      command('POST', `/v1/tasks/:taskId/${verb}`, {
        ...{ id: `${verb}Task`, summary, description: `${describeVerb(taskTransitions, verb)} ${states}` },
        access: { rule: taskAccess.work, ...given },
        params: TaskParams,
        body: verb === 'complete' ? Completing : Nothing,
        problems: changing,
        response: ok(Task),
        run: async (deps, actor, { params, body, precondition }) =>
          entityResponse(await moveTask(deps, actor, params.taskId, { verb, ...body }, precondition)),
      })
    }

    command('PUT', '/v1/tasks/:taskId/dependencies/:blockerId', {
      ...{ id: 'addDependency', summary: 'Add a dependency on a blocker' },
      access: { rule: taskAccess.change },
      params: EdgeParams,
      body: Nothing,
      problems: [...changing, ...relating],
      response: ok(Task),
      run: async (deps, actor, { params: { taskId, blockerId }, precondition }) =>
        entityResponse(await addDependency(deps, actor, taskId, blockerId, precondition)),
    })

    command('DELETE', '/v1/tasks/:taskId/dependencies/:blockerId', {
      ...{ id: 'removeDependency', summary: 'Remove a dependency' },
      access: { rule: taskAccess.change, first: 'wait' },
      params: EdgeParams,
      problems: changing,
      response: ok(Task),
      run: async (deps, actor, { params: { taskId, blockerId }, precondition }) =>
        entityResponse(await removeDependency(deps, actor, taskId, blockerId, precondition)),
    })

    query('/v1/tasks/:taskId/history', {
      ...{ id: 'taskHistory', summary: 'Every version of a task, newest first' },
      access: { rule: taskAccess.history },
      params: TaskParams,
      query: HistoryQuery,
      problems: ['forbidden', 'cursor-mismatch'],
      response: listed(historyEntry('Task', Task)),
      run: (deps, actor, { params, query }) => taskHistory(deps, actor, params.taskId, query),
    })
  }
