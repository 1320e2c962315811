import { Goal } from '@goals-tasks/events'
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
import { goalAccess } from './access.ts'
import { moveGoal, patchGoal } from './change.ts'
import { createGoal } from './create.ts'
import { GoalListQuery, listGoals } from './list.ts'
import { Progress, ProgressMode } from './progress.ts'
import { goalHistory, readGoal } from './read.ts'
import { deleteGoal, restoreGoal } from './remove.ts'
import { Closing, GoalParams, GoalPatch, NewGoal } from './schemas.ts'
import { type GoalVerb, goalTransitions, goalVerbs } from './states.ts'

const ReadQuery = Type.Object(
  { ...IncludeDeleted.properties, include: commaSeparated(['progress', 'capabilities']), progressMode: ProgressMode },
  { additionalProperties: false },
)
/** A goal with the members that `include=` adds. */
const GoalView = Type.Object(
  { ...Goal.properties, progress: Type.Optional(Progress), capabilities: Type.Optional(Capabilities) },
  { title: 'GoalView' },
)
/** The part of a goal that an assignee of one of its tasks sees. */
const GoalSummary = Type.Pick(Goal, ['id', 'title', 'status', 'targetDate'], { title: 'GoalSummary' })

const states = describeStates(goalTransitions)
const changing = ['forbidden', 'deleted', 'invalid-transition', 'task-blocked'] as const
const verbs: Record<GoalVerb, { summary: string; first?: string }> = {
  complete: { summary: 'Complete a goal; its open tasks are kept unless the body says otherwise' },
  cancel: { summary: 'Cancel a goal, and its open tasks unless the body says otherwise' },
  hold: { summary: 'Put a goal on hold' },
  resume: { summary: 'Resume a goal that is on hold', first: 'hold' },
  reopen: { summary: 'Reopen a closed goal, and exactly those tasks that its closing closed', first: 'cancel' },
}

export const goalRoutes =
  (deps: Deps): FastifyPluginAsync =>
  async (app) => {
    const { query, create, patch, command } = createOperations(app, deps, {
      ...{ tag: 'goals', read: 'goals:read', write: 'goals:write' },
    })

    create('/v1/goals', {
      ...{ id: 'createGoal', summary: 'Create a goal' },
      access: { rule: goalAccess.create, body: { title: 'New' } },
      body: NewGoal,
      response: created(Goal),
      async run(deps, actor, { body }) {
        const goal = await createGoal(deps, actor, body)
        return entityResponse(goal, 201, { location: `/v1/goals/${goal.id}` })
      },
    })

    query('/v1/goals', {
      ...{ id: 'listGoals', summary: 'List your goals, newest first' },
      access: { rule: goalAccess.anyone },
      query: GoalListQuery,
      problems: ['cursor-mismatch'],
      response: listed(GoalView),
      run: (deps, actor, { query }) => listGoals(deps, actor, query),
    })

    query('/v1/goals/:goalId', {
      ...{ id: 'readGoal', summary: 'Read a goal' },
      description:
        'The owner gets the goal. An assignee of a task gets a summary: `id`, `title`, `status`, `targetDate`.',
      access: { rule: goalAccess.read },
      params: GoalParams,
      query: ReadQuery,
      problems: ['gone'],
      response: okOrUnchanged(Type.Union([GoalView, GoalSummary])),
      run(deps, actor, { params, query: { includeDeleted = false, include, progressMode = 'TASK_COUNT' } }) {
        const wanted = parseInclude(include, ['progress', 'capabilities'])
        return readGoal(deps, actor, params.goalId, {
          includeDeleted,
          capabilities: wanted.has('capabilities'),
          ...(wanted.has('progress') ? { progress: progressMode } : {}),
        })
      },
    })

    patch('/v1/goals/:goalId', {
      ...{ id: 'patchGoal', summary: 'Change a goal by a merge patch', description: states },
      access: { rule: goalAccess.change, body: { title: 'New' } },
      params: GoalParams,
      body: GoalPatch,
      problems: changing,
      response: ok(Goal),
      run: async (deps, actor, { params, body, precondition }) =>
        entityResponse(await patchGoal(deps, actor, params.goalId, body, precondition)),
    })

    command('DELETE', '/v1/goals/:goalId', {
      ...{ id: 'deleteGoal', summary: 'Delete a goal and its tasks, recoverably' },
      access: { rule: goalAccess.delete },
      params: GoalParams,
      problems: ['forbidden'],
      response: noContent,
      async run(deps, actor, { params, precondition }) {
        await deleteGoal(deps, actor, params.goalId, precondition)
        return nothing
      },
    })

    command('POST', '/v1/goals/:goalId/restore', {
      ...{ id: 'restoreGoal', summary: 'Restore a deleted goal and the tasks that were deleted with it' },
      access: { rule: goalAccess.restore },
      params: GoalParams,
      body: Nothing,
      problems: ['forbidden'],
      response: ok(Goal),
      run: async (deps, actor, { params, precondition }) =>
        entityResponse(await restoreGoal(deps, actor, params.goalId, precondition)),
    })

    for (const verb of goalVerbs) {
      const { summary, ...given } = verbs[verb]
      command('POST', `/v1/goals/:goalId/${verb}`, {
        ...{ id: `${verb}Goal`, summary, description: `${describeVerb(goalTransitions, verb)} ${states}` },
        access: { rule: goalAccess.change, ...given },
        params: GoalParams,
        body: verb === 'complete' || verb === 'cancel' ? Closing : Nothing,
        problems: changing,
        response: ok(Goal),
        run: async (deps, actor, { params, body: closing, precondition }) =>
          entityResponse(await moveGoal(deps, actor, params.goalId, { verb, closing }, precondition)),
      })
    }

    query('/v1/goals/:goalId/history', {
      ...{ id: 'goalHistory', summary: 'Every version of a goal, newest first' },
      access: { rule: goalAccess.history },
      params: GoalParams,
      query: HistoryQuery,
      problems: ['forbidden', 'cursor-mismatch'],
      response: listed(historyEntry('Goal', Goal)),
      run: (deps, actor, { params, query }) => goalHistory(deps, actor, params.goalId, query),
    })
  }
