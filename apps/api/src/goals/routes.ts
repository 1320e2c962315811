import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Goal } from '@goals-tasks/events'
import { callerOf, type Deps } from '../deps.ts'
import { IncludeDeleted, Nothing } from '../entities/fields.ts'
import { HistoryEntry, HistoryQuery } from '../entities/history.ts'
import { parsePrecondition } from '../entities/precondition.ts'
import { sendEntity, sendIfChanged, sendJson, sendPage } from '../entities/reply.ts'
import { conditional, created, listed, noContent, ok, okOrUnchanged, optionalMatch } from '../entities/responses.ts'
import { deleteGoal } from './delete.ts'
import { GoalListQuery, listGoals } from './list.ts'
import { GoalParams, GoalPatch, NewGoal } from './schemas.ts'
import { completeGoal, createGoal, goalHistory, patchGoal, readGoal } from './service.ts'

const read = { config: { scope: 'goals:read' } } as const
const write = { config: { scope: 'goals:write' } } as const

export const goalRoutes =
  (deps: Deps): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post(
      '/v1/goals',
      {
        ...write,
        schema: {
          operationId: 'createGoal',
          summary: 'Create a goal',
          tags: ['goals'],
          body: NewGoal,
          querystring: Nothing,
          response: created(Goal),
        },
      },
      async (request, reply) => {
        const goal = await createGoal(deps, callerOf(request), request.body)
        return sendEntity(reply.code(201).header('location', `/v1/goals/${goal.id}`), goal)
      },
    )

    app.get(
      '/v1/goals',
      {
        ...read,
        schema: {
          operationId: 'listGoals',
          summary: 'List your goals, newest first',
          tags: ['goals'],
          querystring: GoalListQuery,
          response: listed(Goal),
        },
      },
      async (request, reply) => sendPage(request, reply, await listGoals(deps, callerOf(request), request.query)),
    )

    app.get(
      '/v1/goals/:goalId',
      {
        ...read,
        schema: {
          operationId: 'readGoal',
          summary: 'Read a goal',
          description: 'An assignee of one of its tasks gets its header: id, title, status and targetDate.',
          tags: ['goals'],
          params: GoalParams,
          querystring: IncludeDeleted,
          response: okOrUnchanged(Goal),
        },
      },
      async (request, reply) => {
        const goal = await readGoal(
          deps,
          callerOf(request),
          request.params.goalId,
          request.query.includeDeleted ?? false,
        )
        return goal.header ? sendJson(reply, goal.text) : sendIfChanged(request, reply, goal)
      },
    )

    app.patch(
      '/v1/goals/:goalId',
      {
        ...write,
        schema: {
          operationId: 'patchGoal',
          summary: 'Change a goal by a merge patch',
          tags: ['goals'],
          params: GoalParams,
          headers: conditional,
          body: GoalPatch,
          querystring: Nothing,
          response: ok(Goal),
        },
      },
      async (request, reply) => {
        const precondition = parsePrecondition(request.headers['if-match'], {
          required: true,
          version: request.body.version,
        })
        return sendEntity(
          reply,
          await patchGoal(deps, callerOf(request), request.params.goalId, request.body, precondition),
        )
      },
    )

    app.post(
      '/v1/goals/:goalId/complete',
      {
        ...write,
        schema: {
          operationId: 'completeGoal',
          summary: 'Complete a goal; its open tasks stay open',
          tags: ['goals'],
          params: GoalParams,
          headers: optionalMatch,
          querystring: Nothing,
          body: Nothing,
          response: ok(Goal),
        },
      },
      async (request, reply) => {
        const precondition = parsePrecondition(request.headers['if-match'], { required: false })
        return sendEntity(reply, await completeGoal(deps, callerOf(request), request.params.goalId, precondition))
      },
    )

    app.delete(
      '/v1/goals/:goalId',
      {
        ...write,
        schema: {
          operationId: 'deleteGoal',
          summary: 'Delete a goal and its tasks, recoverably',
          tags: ['goals'],
          params: GoalParams,
          headers: optionalMatch,
          querystring: Nothing,
          response: noContent,
        },
      },
      async (request, reply) => {
        await deleteGoal(
          deps,
          callerOf(request),
          request.params.goalId,
          parsePrecondition(request.headers['if-match'], { required: false }),
        )
        return reply.code(204).send()
      },
    )

    app.get(
      '/v1/goals/:goalId/history',
      {
        ...read,
        schema: {
          operationId: 'goalHistory',
          summary: 'Every version of a goal, newest first',
          tags: ['goals'],
          params: GoalParams,
          querystring: HistoryQuery,
          response: listed(HistoryEntry),
        },
      },
      async (request, reply) =>
        sendPage(request, reply, await goalHistory(deps, callerOf(request), request.params.goalId, request.query)),
    )
  }
