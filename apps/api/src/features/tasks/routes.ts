import { stringEnum, Task } from '@goals-tasks/events'
import type { ProblemCode } from '@goals-tasks/http'
import type { FastifyPluginAsync } from 'fastify'
import Type from 'typebox'
import type { Deps } from '../../deps.ts'
import { IncludeDeleted } from '../../resource/fields.ts'
import { HistoryQuery, historyEntry } from '../../resource/history.ts'
import { createOperations, Nothing } from '../../resource/http/operations.ts'
import { entityResponse, noContent as nothing } from '../../resource/http/reply.ts'
import { created, listed, noContent, ok, okOrUnchanged, restored } from '../../resource/http/responses.ts'
import { listOf } from '../../resource/lists/query.ts'
import { describeStates, describeVerb } from '../../resource/transitions.ts'
import { taskAccess } from './access.ts'
import { addDependency, moveTask, patchTask, removeDependency } from './change.ts'
import { createTask } from './create.ts'
import { listTasks, listTasksOfGoal, TaskListQuery } from './list.ts'
import { readTask, taskHistory } from './read.ts'
import { deleteTask, restoreTask } from './remove.ts'
import { Completing, EdgeParams, NewTask, TaskGoalParams, TaskParams, TaskPatch, TaskView } from './schemas.ts'
import { type TaskVerb, taskTransitions, taskVerbs } from './states.ts'

const TaskInclude = stringEnum(['capabilities'], {
  title: 'TaskInclude',
  description: 'A member that is computed on request.',
  examples: ['capabilities'],
})
const ReadQuery = Type.Object(
  { ...IncludeDeleted.properties, include: listOf(TaskInclude, 'The members to add to the task.') },
  { additionalProperties: false },
)

const states = describeStates(taskTransitions)
const moving = ['deleted', 'invalid-transition'] as const
const joiningGoal = ['goal-closed', 'goal-deleted', 'goal-full'] as const

type VerbRoute = { summary: string; description: string; problems?: readonly ProblemCode[]; first?: string }
const unblocksDependents = 'Its dependents without another open blocker are unblocked.'
const verbs: Record<TaskVerb, VerbRoute> = {
  start: { summary: 'Start a task', description: 'Starts a task.', problems: ['task-blocked'] },
  stop: {
    summary: 'Stop a task',
    description: 'Returns a started task to TODO.',
    problems: ['task-blocked'],
    first: 'start',
  },
  complete: {
    summary: 'Complete a task',
    description: `Completes a task. ${unblocksDependents}`,
    problems: ['forbidden', 'task-blocked'],
  },
  block: { summary: 'Block a task', description: 'Blocks a task by hand.' },
  unblock: {
    summary: 'Unblock a task',
    description: 'Lifts a manual block. The task returns to the status that it had before.',
    problems: ['task-blocked'],
    first: 'block',
  },
  cancel: { summary: 'Cancel a task', description: `Cancels a task. ${unblocksDependents}` },
  reopen: {
    summary: 'Reopen a task',
    description: 'Reopens a closed task. It is BLOCKED while a blocker is open.',
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
      ...{ id: 'createTask', summary: 'Create a task' },
      description: 'Creates a task in an open goal. It is BLOCKED when one of its `dependencies` is open, else TODO.',
      access: { rule: taskAccess.createInGoal, body: { title: 'New' } },
      params: TaskGoalParams,
      body: NewTask,
      problems: ['forbidden', ...joiningGoal],
      response: created(Task),
      async run(deps, actor, { params, body }) {
        const task = await createTask(deps, actor, params.goalId, body)
        return entityResponse(task, 201, { location: `/v1/tasks/${task.id}` })
      },
    })

    query('/v1/goals/:goalId/tasks', {
      ...{ id: 'listTasksOfGoal', summary: "List a goal's tasks" },
      cost: 2,
      description: 'Lists the tasks of a goal, newest first. An assignee gets only their own ones.',
      access: { rule: taskAccess.listOfGoal },
      params: TaskGoalParams,
      query: TaskListQuery,
      problems: ['cursor-mismatch', 'gone'],
      response: listed('TaskPage', Task),
      run: (deps, actor, { params, query }) => listTasksOfGoal(deps, actor, params.goalId, query),
    })

    query('/v1/tasks', {
      ...{ id: 'listTasks', summary: 'List tasks across goals' },
      cost: 2,
      description: 'Lists the tasks of your goals, your assigned tasks and the ones that you created, newest first.',
      access: { rule: taskAccess.anyone },
      query: TaskListQuery,
      problems: ['cursor-mismatch'],
      response: listed('TaskPage', Task),
      run: (deps, actor, { query }) => listTasks(deps, actor, query),
    })

    query('/v1/tasks/:taskId', {
      ...{ id: 'readTask', summary: 'Read a task' },
      description:
        'Returns a task to the owner of its goal, to its assignee, and to its creator while they see the goal.',
      access: { rule: taskAccess.read },
      params: TaskParams,
      query: ReadQuery,
      problems: ['gone'],
      response: okOrUnchanged(TaskView),
      run(deps, actor, { params, query: { includeDeleted = false, include = [] } }) {
        const capabilities = include.includes('capabilities')
        return readTask(deps, actor, params.taskId, { includeDeleted, capabilities })
      },
    })

    patch('/v1/tasks/:taskId', {
      ...{ id: 'patchTask', summary: 'Change a task' },
      description: `Changes a task by a merge patch (RFC 7396). A new \`goalId\` moves it. ${states}`,
      access: { rule: taskAccess.change, body: { title: 'New' } },
      params: TaskParams,
      body: TaskPatch,
      problems: ['forbidden', ...moving, 'task-blocked', ...joiningGoal, 'dependency-cycle'],
      response: ok(Task),
      run: async (deps, actor, { params, body, precondition }) =>
        entityResponse(await patchTask(deps, actor, params.taskId, body, precondition)),
    })

    command('DELETE', '/v1/tasks/:taskId', {
      ...{ id: 'deleteTask', summary: 'Delete a task' },
      description: `Deletes a task, which can be restored until \`purgeAt\`. ${unblocksDependents}`,
      changesAll: true,
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
      ...{ id: 'restoreTask', summary: 'Restore a task' },
      description: 'Restores a deleted task into its goal. Restoring a live task changes nothing.',
      changesAll: true,
      access: { rule: taskAccess.restore },
      params: TaskParams,
      body: Nothing,
      problems: ['forbidden', 'goal-deleted'],
      response: restored(Task),
      run: async (deps, actor, { params, precondition }) =>
        entityResponse(await restoreTask(deps, actor, params.taskId, precondition)),
    })

    for (const verb of taskVerbs) {
      const { summary, description, problems = [], ...given } = verbs[verb]
      command('POST', `/v1/tasks/:taskId/${verb}`, {
        ...{ id: `${verb}Task`, summary },
        description: `${description} ${describeVerb(taskTransitions, verb)} ${states}`,
        access: { rule: taskAccess.work, ...given },
        params: TaskParams,
        body: verb === 'complete' ? Completing : Nothing,
        problems: [...moving, ...problems],
        response: ok(Task),
        run: async (deps, actor, { params, body, precondition }) =>
          entityResponse(await moveTask(deps, actor, params.taskId, { verb, ...body }, precondition)),
      })
    }

    command('PUT', '/v1/tasks/:taskId/dependencies/:blockerId', {
      ...{ id: 'addDependency', summary: 'Add a dependency' },
      description: 'Makes a task wait for another one, its blocker. Adding it again changes nothing.',
      access: { rule: taskAccess.change },
      params: EdgeParams,
      body: Nothing,
      problems: ['forbidden', 'deleted', 'dependency-cycle', 'too-many-dependencies'],
      response: ok(Task),
      run: async (deps, actor, { params: { taskId, blockerId }, precondition }) =>
        entityResponse(await addDependency(deps, actor, taskId, blockerId, precondition)),
    })

    command('DELETE', '/v1/tasks/:taskId/dependencies/:blockerId', {
      ...{ id: 'removeDependency', summary: 'Remove a dependency' },
      description: 'Makes a task no longer wait for another one. Removing it again changes nothing.',
      access: { rule: taskAccess.change, first: 'wait' },
      params: EdgeParams,
      problems: ['forbidden', 'deleted'],
      response: ok(Task),
      run: async (deps, actor, { params: { taskId, blockerId }, precondition }) =>
        entityResponse(await removeDependency(deps, actor, taskId, blockerId, precondition)),
    })

    query('/v1/tasks/:taskId/history', {
      ...{ id: 'taskHistory', summary: "Read a task's history" },
      cost: 2,
      description: 'Lists every version of a task, newest first.',
      access: { rule: taskAccess.history },
      params: TaskParams,
      query: HistoryQuery,
      problems: ['cursor-mismatch'],
      response: listed('TaskHistoryPage', historyEntry('task', Task)),
      run: (deps, actor, { params, query }) => taskHistory(deps, actor, params.taskId, query),
    })
  }
