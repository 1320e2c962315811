import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Goal } from '@goals-tasks/events'
import { sendPage } from '@goals-tasks/http'
import Type from 'typebox'
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
import { moveGoal, patchGoal } from './change.ts'
import { GoalListQuery, listGoals } from './list.ts'
import { Progress, ProgressMode } from './progress.ts'
import { createGoal, goalHistory, readGoal } from './read.ts'
import { deleteGoal, restoreGoal } from './remove.ts'
import { Closing, GoalParams, GoalPatch, NewGoal } from './schemas.ts'
import { type GoalVerb, goalTransitions, goalVerbs } from './states.ts'

const read = { config: { scope: 'goals:read' } } as const
const write = { config: { scope: 'goals:write' } } as const
const tags = ['goals']

const ReadQuery = Type.Object(
  { ...IncludeDeleted.properties, include: commaSeparated(['progress', 'capabilities']), progressMode: ProgressMode },
  { additionalProperties: false },
)
/** A goal with what `include=` added. */
const GoalView = Type.Object(
  { ...Goal.properties, progress: Type.Optional(Progress), capabilities: Type.Optional(Capabilities) },
  { title: 'GoalView' },
)

/** All that an assignee of one of its tasks sees of a goal. */
const GoalHeader = Type.Pick(Goal, ['id', 'title', 'status', 'targetDate'], { title: 'GoalHeader' })

const refusal = describeRefusal(goalTransitions)
const summaries: Record<GoalVerb, string> = {
  complete: 'Complete a goal; its open tasks are kept unless the body says otherwise',
  cancel: 'Cancel a goal, and its open tasks unless the body says otherwise',
  hold: 'Put a goal on hold',
  resume: 'Resume a goal that is on hold',
  reopen: 'Reopen a closed goal, and exactly those tasks that its closing closed',
}

export const goalRoutes =
  (deps: Deps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const answer = createAnswering(deps)

    app.post(
      '/v1/goals',
      {
        ...write,
        schema: {
          ...{ operationId: 'createGoal', summary: 'Create a goal', tags },
          headers: creating,
          body: NewGoal,
          querystring: Nothing,
          response: created(Goal),
        },
      },
      async (request, reply) =>
        answer(request, reply, async (deps) => {
          const goal = await createGoal(deps, callerOf(request), request.body)
          return entityOutcome(goal, 201, { location: `/v1/goals/${goal.id}` })
        }),
    )

    app.get(
      '/v1/goals',
      {
        ...read,
        schema: {
          ...{ operationId: 'listGoals', summary: 'List your goals, newest first', tags },
          querystring: GoalListQuery,
          response: listed(GoalView),
        },
      },
      async (request, reply) => sendPage(request, reply, await listGoals(deps, callerOf(request), request.query)),
    )

    app.get(
      '/v1/goals/:goalId',
      {
        ...read,
        schema: {
          ...{ operationId: 'readGoal', summary: 'Read a goal', tags },
          description:
            'Whoever is assigned a task of the goal, and does not own it, gets its header: `id`, `title`, `status`, `targetDate`.',
          params: GoalParams,
          querystring: ReadQuery,
          response: okOrUnchanged(Type.Union([GoalView, GoalHeader])),
        },
      },
      async (request, reply) => {
        const { includeDeleted = false, include, progressMode = 'TASK_COUNT' } = request.query
        const wanted = parseInclude(include, ['progress', 'capabilities'])
        const goal = await readGoal(deps, callerOf(request), request.params.goalId, {
          includeDeleted,
          capabilities: wanted.has('capabilities'),
          ...(wanted.has('progress') ? { progress: progressMode } : {}),
        })
        return goal.view ? sendView(request, reply, goal.text) : sendEntity(request, reply, goal)
      },
    )

    app.patch(
      '/v1/goals/:goalId',
      {
        ...write,
        schema: {
          ...{ operationId: 'patchGoal', summary: 'Change a goal by a merge patch', tags },
          params: GoalParams,
          headers: patching,
          body: GoalPatch,
          querystring: Nothing,
          response: okOrRefused(Goal, refusal),
        },
      },
      async (request, reply) =>
        answer(request, reply, async (deps) => {
          const precondition = preconditionOf(request, { required: true, version: request.body.version })
          return entityOutcome(
            await patchGoal(deps, callerOf(request), request.params.goalId, request.body, precondition),
          )
        }),
    )

    app.delete(
      '/v1/goals/:goalId',
      {
        ...write,
        schema: {
          ...{ operationId: 'deleteGoal', summary: 'Delete a goal and its tasks, recoverably', tags },
          params: GoalParams,
          headers: changing,
          querystring: Nothing,
          response: noContent,
        },
      },
      async (request, reply) =>
        answer(request, reply, async (deps) => {
          await deleteGoal(deps, callerOf(request), request.params.goalId, preconditionOf(request))
          return nothing
        }),
    )

    app.post(
      '/v1/goals/:goalId/restore',
      {
        ...write,
        schema: {
          ...{ operationId: 'restoreGoal', summary: 'Bring back a deleted goal and the tasks that went with it', tags },
          params: GoalParams,
          headers: changing,
          querystring: Nothing,
          body: Nothing,
          response: ok(Goal),
        },
      },
      async (request, reply) =>
        answer(request, reply, async (deps) =>
          entityOutcome(await restoreGoal(deps, callerOf(request), request.params.goalId, preconditionOf(request))),
        ),
    )

    for (const verb of goalVerbs) {
      const closes = verb === 'complete' || verb === 'cancel'
      app.post(
        `/v1/goals/:goalId/${verb}`,
        {
          ...write,
          schema: {
            ...{ operationId: `${verb}Goal`, summary: summaries[verb], tags },
            description: describeVerb(goalTransitions, verb),
            params: GoalParams,
            headers: changing,
            querystring: Nothing,
            body: closes ? Closing : Nothing,
            response: okOrRefused(Goal, refusal),
          },
        },
        async (request, reply) =>
          answer(request, reply, async (deps) =>
            entityOutcome(
              await moveGoal(
                deps,
                callerOf(request),
                request.params.goalId,
                verb,
                request.body as Closing,
                preconditionOf(request),
              ),
            ),
          ),
      )
    }

    app.get(
      '/v1/goals/:goalId/history',
      {
        ...read,
        schema: {
          ...{ operationId: 'goalHistory', summary: 'Every version of a goal, newest first', tags },
          params: GoalParams,
          querystring: HistoryQuery,
          response: listed(HistoryEntry),
        },
      },
      async (request, reply) =>
        sendPage(request, reply, await goalHistory(deps, callerOf(request), request.params.goalId, request.query)),
    )
  }
