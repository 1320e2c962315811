import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Task } from '@goals-tasks/events'
import { sendPage } from '@goals-tasks/http'
import Type, { type Static } from 'typebox'
import { callerOf, type Deps } from '../../deps.ts'
import { Capabilities } from '../../resource/capabilities.ts'
import { IncludeDeleted, Nothing } from '../../resource/fields.ts'
import { HistoryEntry, HistoryQuery } from '../../resource/history.ts'
import { changing, creating, patching } from '../../resource/http/headers.ts'
import { entityOutcome, noContent as nothing, sendEntity, sendView } from '../../resource/http/reply.ts'
import { created, listed, noContent, ok, okOrRefused, okOrUnchanged } from '../../resource/http/responses.ts'
import { createAnswering } from '../../resource/idempotency.ts'
import { commaSeparated, parseInclude } from '../../resource/lists/query.ts'
import { preconditionOf } from '../../resource/precondition.ts'
import { describeRefusal, describeVerb } from '../../resource/transitions.ts'
import { GoalParams } from '../goals/schemas.ts'
import { addDependency, moveTask, patchTask, removeDependency } from './change.ts'
import { createTask } from './create.ts'
import { listTasks, listTasksOfGoal, TaskListQuery } from './list.ts'
import { readTask, taskHistory } from './read.ts'
import { deleteTask, restoreTask } from './remove.ts'
import { Completing, EdgeParams, NewTask, TaskParams, TaskPatch } from './schemas.ts'
import { type TaskVerb, taskTransitions, taskVerbs } from './states.ts'

const read = { config: { scope: 'tasks:read' } } as const
const write = { config: { scope: 'tasks:write' } } as const
const tags = ['tasks']

const ReadQuery = Type.Object(
  { ...IncludeDeleted.properties, include: commaSeparated(['capabilities']) },
  { additionalProperties: false },
)
/** A task with what `include=` added. */
const TaskView = Type.Object({ ...Task.properties, capabilities: Type.Optional(Capabilities) }, { title: 'TaskView' })

const refusal = describeRefusal(taskTransitions)
const summaries: Record<TaskVerb, string> = {
  start: 'Start a task',
  stop: 'Put a started task back',
  complete: 'Complete a task; those that waited for nothing else are unblocked',
  block: 'Block a task by hand',
  unblock: 'Lift a block that was put on by hand',
  cancel: 'Cancel a task; those that waited for nothing else are unblocked',
  reopen: 'Reopen a closed task; it is blocked at once while something that it waits for is open',
}

export const taskRoutes =
  (deps: Deps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const answer = createAnswering(deps)

    app.post(
      '/v1/goals/:goalId/tasks',
      {
        ...write,
        schema: {
          ...{ operationId: 'createTask', summary: 'Create a task in a goal', tags },
          params: GoalParams,
          headers: creating,
          body: NewTask,
          querystring: Nothing,
          response: created(Task),
        },
      },
      async (request, reply) =>
        answer(request, reply, async (deps) => {
          const task = await createTask(deps, callerOf(request), request.params.goalId, request.body)
          return entityOutcome(task, 201, { location: `/v1/tasks/${task.id}` })
        }),
    )

    app.get(
      '/v1/goals/:goalId/tasks',
      {
        ...read,
        schema: {
          ...{ operationId: 'listTasksOfGoal', summary: 'List the tasks of a goal, newest first', tags },
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
          ...{ operationId: 'listTasks', summary: 'List tasks across goals, newest first', tags },
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
          ...{ operationId: 'readTask', summary: 'Read a task', tags },
          params: TaskParams,
          querystring: ReadQuery,
          response: okOrUnchanged(TaskView),
        },
      },
      async (request, reply) => {
        const { includeDeleted = false, include } = request.query
        const capabilities = parseInclude(include, ['capabilities']).has('capabilities')
        const task = await readTask(deps, callerOf(request), request.params.taskId, { includeDeleted, capabilities })
        return task.view ? sendView(request, reply, task.text) : sendEntity(request, reply, task)
      },
    )

    app.patch(
      '/v1/tasks/:taskId',
      {
        ...write,
        schema: {
          ...{ operationId: 'patchTask', summary: 'Change a task by a merge patch', tags },
          params: TaskParams,
          headers: patching,
          body: TaskPatch,
          querystring: Nothing,
          response: okOrRefused(Task, refusal),
        },
      },
      async (request, reply) =>
        answer(request, reply, async (deps) => {
          const precondition = preconditionOf(request, { required: true, version: request.body.version })
          return entityOutcome(
            await patchTask(deps, callerOf(request), request.params.taskId, request.body, precondition),
          )
        }),
    )

    app.delete(
      '/v1/tasks/:taskId',
      {
        ...write,
        schema: {
          ...{ operationId: 'deleteTask', summary: 'Delete a task, recoverably', tags },
          params: TaskParams,
          headers: changing,
          querystring: Nothing,
          response: noContent,
        },
      },
      async (request, reply) =>
        answer(request, reply, async (deps) => {
          await deleteTask(deps, callerOf(request), request.params.taskId, preconditionOf(request))
          return nothing
        }),
    )

    app.post(
      '/v1/tasks/:taskId/restore',
      {
        ...write,
        schema: {
          ...{ operationId: 'restoreTask', summary: 'Bring back a deleted task', tags },
          params: TaskParams,
          headers: changing,
          querystring: Nothing,
          body: Nothing,
          response: ok(Task),
        },
      },
      async (request, reply) =>
        answer(request, reply, async (deps) =>
          entityOutcome(await restoreTask(deps, callerOf(request), request.params.taskId, preconditionOf(request))),
        ),
    )

    for (const verb of taskVerbs) {
      app.post(
        `/v1/tasks/:taskId/${verb}`,
        {
          ...write,
          schema: {
            ...{ operationId: `${verb}Task`, summary: summaries[verb], tags },
            description: describeVerb(taskTransitions, verb),
            params: TaskParams,
            headers: changing,
            querystring: Nothing,
            body: verb === 'complete' ? Completing : Nothing,
            response: okOrRefused(Task, refusal),
          },
        },
        async (request, reply) =>
          answer(request, reply, async (deps) =>
            entityOutcome(
              await moveTask(
                deps,
                callerOf(request),
                request.params.taskId,
                verb,
                request.body as Static<typeof Completing>,
                preconditionOf(request),
              ),
            ),
          ),
      )
    }

    app.put(
      '/v1/tasks/:taskId/dependencies/:blockerId',
      {
        ...write,
        schema: {
          ...{ operationId: 'addDependency', summary: 'Make a task wait for another', tags },
          params: EdgeParams,
          headers: changing,
          querystring: Nothing,
          body: Nothing,
          response: ok(Task),
        },
      },
      async (request, reply) =>
        answer(request, reply, async (deps) => {
          const { taskId, blockerId } = request.params
          return entityOutcome(await addDependency(deps, callerOf(request), taskId, blockerId, preconditionOf(request)))
        }),
    )

    app.delete(
      '/v1/tasks/:taskId/dependencies/:blockerId',
      {
        ...write,
        schema: {
          ...{ operationId: 'removeDependency', summary: 'Let a task wait for another no more', tags },
          params: EdgeParams,
          headers: changing,
          querystring: Nothing,
          response: ok(Task),
        },
      },
      async (request, reply) =>
        answer(request, reply, async (deps) => {
          const { taskId, blockerId } = request.params
          return entityOutcome(
            await removeDependency(deps, callerOf(request), taskId, blockerId, preconditionOf(request)),
          )
        }),
    )

    app.get(
      '/v1/tasks/:taskId/history',
      {
        ...read,
        schema: {
          ...{ operationId: 'taskHistory', summary: 'Every version of a task, newest first', tags },
          params: TaskParams,
          querystring: HistoryQuery,
          response: listed(HistoryEntry),
        },
      },
      async (request, reply) =>
        sendPage(request, reply, await taskHistory(deps, callerOf(request), request.params.taskId, request.query)),
    )
  }
