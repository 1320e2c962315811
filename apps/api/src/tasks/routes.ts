import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Task } from '@goals-tasks/events'
import { callerOf, type Deps } from '../deps.ts'
import { IncludeDeleted, Nothing } from '../entities/fields.ts'
import { HistoryEntry, HistoryQuery } from '../entities/history.ts'
import { parsePrecondition } from '../entities/precondition.ts'
import { sendEntity, sendIfChanged, sendPage } from '../entities/reply.ts'
import { conditional, created, listed, noContent, ok, okOrUnchanged, optionalMatch } from '../entities/responses.ts'
import { GoalParams } from '../goals/schemas.ts'
import { listTasks, listTasksOfGoal, TaskListQuery } from './list.ts'
import { NewTask, TaskParams, TaskPatch } from './schemas.ts'
import { completeTask, createTask, deleteTask, patchTask, readTask, taskHistory } from './service.ts'

const read = { config: { scope: 'tasks:read' } } as const
const write = { config: { scope: 'tasks:write' } } as const

export const taskRoutes =
  (deps: Deps): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post(
      '/v1/goals/:goalId/tasks',
      {
        ...write,
        schema: {
          operationId: 'createTask',
          summary: 'Create a task in a goal',
          tags: ['tasks'],
          params: GoalParams,
          body: NewTask,
          querystring: Nothing,
          response: created(Task),
        },
      },
      async (request, reply) => {
        const task = await createTask(deps, callerOf(request), request.params.goalId, request.body)
        return sendEntity(reply.code(201).header('location', `/v1/tasks/${task.id}`), task)
      },
    )

    app.get(
      '/v1/goals/:goalId/tasks',
      {
        ...read,
        schema: {
          operationId: 'listTasksOfGoal',
          summary: 'List the tasks of a goal, newest first',
          tags: ['tasks'],
          params: GoalParams,
          querystring: TaskListQuery,
          response: listed(Task),
        },
      },
      async (request, reply) =>
        sendPage(request, reply, await listTasksOfGoal(deps, callerOf(request), request.params.goalId, request.query)),
    )

    app.get(
      '/v1/tasks',
      {
        ...read,
        schema: {
          operationId: 'listTasks',
          summary: 'List tasks across goals, newest first',
          tags: ['tasks'],
          querystring: TaskListQuery,
          response: listed(Task),
        },
      },
      async (request, reply) => sendPage(request, reply, await listTasks(deps, callerOf(request), request.query)),
    )

    app.get(
      '/v1/tasks/:taskId',
      {
        ...read,
        schema: {
          operationId: 'readTask',
          summary: 'Read a task',
          tags: ['tasks'],
          params: TaskParams,
          querystring: IncludeDeleted,
          response: okOrUnchanged(Task),
        },
      },
      async (request, reply) =>
        sendIfChanged(
          request,
          reply,
          await readTask(deps, callerOf(request), request.params.taskId, request.query.includeDeleted ?? false),
        ),
    )

    app.patch(
      '/v1/tasks/:taskId',
      {
        ...write,
        schema: {
          operationId: 'patchTask',
          summary: 'Change a task by a merge patch',
          tags: ['tasks'],
          params: TaskParams,
          headers: conditional,
          body: TaskPatch,
          querystring: Nothing,
          response: ok(Task),
        },
      },
      async (request, reply) => {
        const precondition = parsePrecondition(request.headers['if-match'], {
          required: true,
          version: request.body.version,
        })
        return sendEntity(
          reply,
          await patchTask(deps, callerOf(request), request.params.taskId, request.body, precondition),
        )
      },
    )

    app.post(
      '/v1/tasks/:taskId/complete',
      {
        ...write,
        schema: {
          operationId: 'completeTask',
          summary: 'Complete a task',
          tags: ['tasks'],
          params: TaskParams,
          headers: optionalMatch,
          querystring: Nothing,
          body: Nothing,
          response: ok(Task),
        },
      },
      async (request, reply) => {
        const precondition = parsePrecondition(request.headers['if-match'], { required: false })
        return sendEntity(reply, await completeTask(deps, callerOf(request), request.params.taskId, precondition))
      },
    )

    app.delete(
      '/v1/tasks/:taskId',
      {
        ...write,
        schema: {
          operationId: 'deleteTask',
          summary: 'Delete a task, recoverably',
          tags: ['tasks'],
          params: TaskParams,
          headers: optionalMatch,
          querystring: Nothing,
          response: noContent,
        },
      },
      async (request, reply) => {
        await deleteTask(
          deps,
          callerOf(request),
          request.params.taskId,
          parsePrecondition(request.headers['if-match'], { required: false }),
        )
        return reply.code(204).send()
      },
    )

    app.get(
      '/v1/tasks/:taskId/history',
      {
        ...read,
        schema: {
          operationId: 'taskHistory',
          summary: 'Every version of a task, newest first',
          tags: ['tasks'],
          params: TaskParams,
          querystring: HistoryQuery,
          response: listed(HistoryEntry),
        },
      },
      async (request, reply) =>
        sendPage(request, reply, await taskHistory(deps, callerOf(request), request.params.taskId, request.query)),
    )
  }
