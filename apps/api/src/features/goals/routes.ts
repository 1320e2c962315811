import { Goal, stringEnum } from '@goals-tasks/events'
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
import { goalAccess } from './access.ts'
import { moveGoal, patchGoal } from './change.ts'
import { createGoal } from './create.ts'
import { GoalListQuery, listGoals } from './list.ts'
import { ProgressMode } from './progress.ts'
import { goalHistory, readGoal, withFullView } from './read.ts'
import { deleteGoal, restoreGoal } from './remove.ts'
import { Closing, FullGoal, GoalParams, GoalPatch, GoalView, ListedGoal, NewGoal } from './schemas.ts'
import { type GoalVerb, goalTransitions, goalVerbs } from './states.ts'

const GoalInclude = stringEnum(['progress', 'capabilities'], {
  title: 'GoalInclude',
  description: 'A member that is computed on request.',
  examples: ['progress'],
})
const ReadQuery = Type.Object(
  {
    ...IncludeDeleted.properties,
    include: listOf(GoalInclude, 'The members to add to the goal.'),
    progressMode: ProgressMode,
  },
  { additionalProperties: false },
)

const states = describeStates(goalTransitions)
const changing = ['forbidden', 'deleted', 'invalid-transition'] as const

type VerbRoute = { summary: string; description: string; first?: string }
const verbs: Record<GoalVerb, VerbRoute> = {
  complete: {
    summary: 'Complete a goal',
    description: 'Completes a goal. Its open tasks are kept unless the body says otherwise.',
  },
  cancel: {
    summary: 'Cancel a goal',
    description: 'Cancels a goal. Its open tasks are cancelled, too, unless the body says otherwise.',
  },
  hold: { summary: 'Put a goal on hold', description: 'Puts a goal on hold. Its tasks stay as they are.' },
  resume: { summary: 'Resume a goal', description: 'Resumes a goal that is on hold.', first: 'hold' },
  reopen: {
    summary: 'Reopen a goal',
    description: 'Reopens a closed goal, and exactly those tasks that its closing closed.',
    first: 'cancel',
  },
}
const closes = (verb: GoalVerb) => verb === 'complete' || verb === 'cancel'

export const goalRoutes =
  (deps: Deps): FastifyPluginAsync =>
  async (app) => {
    const { query, create, patch, command } = createOperations(app, deps, {
      ...{ tag: 'goals', read: 'goals:read', write: 'goals:write' },
    })

    create('/v1/goals', {
      ...{ id: 'createGoal', summary: 'Create a goal' },
      description: 'Creates a goal that you own. It is ACTIVE.',
      access: { rule: goalAccess.create, body: { title: 'New' } },
      body: NewGoal,
      response: created(FullGoal),
      async run(deps, actor, { body }) {
        const goal = await createGoal(deps, actor, body)
        return entityResponse(withFullView(goal), 201, { location: `/v1/goals/${goal.id}` })
      },
    })

    query('/v1/goals', {
      ...{ id: 'listGoals', summary: 'List your goals' },
      cost: 2,
      description: 'Lists the goals that you own, newest first.',
      access: { rule: goalAccess.anyone },
      query: GoalListQuery,
      problems: ['cursor-mismatch'],
      response: listed('GoalPage', ListedGoal),
      run: (deps, actor, { query }) => listGoals(deps, actor, query),
    })

    query('/v1/goals/:goalId', {
      ...{ id: 'readGoal', summary: 'Read a goal' },
      description:
        'Returns a goal. Its owner gets every field, with `view: full`. ' +
        'An assignee of one of its tasks gets a summary, with `view: summary`.',
      access: { rule: goalAccess.read },
      params: GoalParams,
      query: ReadQuery,
      problems: ['gone'],
      response: okOrUnchanged(GoalView),
      run(deps, actor, { params, query: { includeDeleted = false, include = [], progressMode = 'TASK_COUNT' } }) {
        return readGoal(deps, actor, params.goalId, {
          includeDeleted,
          capabilities: include.includes('capabilities'),
          ...(include.includes('progress') ? { progress: progressMode } : {}),
        })
      },
    })

    patch('/v1/goals/:goalId', {
      ...{ id: 'patchGoal', summary: 'Change a goal' },
      description: `Changes a goal by a merge patch (RFC 7396). ${states}`,
      access: { rule: goalAccess.change, body: { title: 'New' } },
      params: GoalParams,
      body: GoalPatch,
      problems: [...changing, 'task-blocked'],
      response: ok(FullGoal),
      run: async (deps, actor, { params, body, precondition }) =>
        entityResponse(withFullView(await patchGoal(deps, actor, params.goalId, body, precondition))),
    })

    command('DELETE', '/v1/goals/:goalId', {
      ...{ id: 'deleteGoal', summary: 'Delete a goal' },
      description:
        'Deletes a goal and its tasks. They can be restored until `purgeAt`. Deleting again changes nothing.',
      changesAll: true,
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
      ...{ id: 'restoreGoal', summary: 'Restore a goal' },
      description: 'Restores a deleted goal and the tasks that were deleted with it.',
      changesAll: true,
      access: { rule: goalAccess.restore },
      params: GoalParams,
      body: Nothing,
      problems: ['forbidden'],
      response: restored(FullGoal),
      run: async (deps, actor, { params, precondition }) =>
        entityResponse(withFullView(await restoreGoal(deps, actor, params.goalId, precondition))),
    })

    for (const verb of goalVerbs) {
      const { summary, description, ...given } = verbs[verb]
      command('POST', `/v1/goals/:goalId/${verb}`, {
        ...{ id: `${verb}Goal`, summary },
        description: `${description} ${describeVerb(goalTransitions, verb)} ${states}`,
        access: { rule: goalAccess.change, ...given },
        params: GoalParams,
        body: closes(verb) ? Closing : Nothing,
        problems: closes(verb) ? [...changing, 'task-blocked'] : changing,
        response: ok(FullGoal),
        run: async (deps, actor, { params, body: closing, precondition }) =>
          entityResponse(withFullView(await moveGoal(deps, actor, params.goalId, { verb, closing }, precondition))),
      })
    }

    query('/v1/goals/:goalId/history', {
      ...{ id: 'goalHistory', summary: "Read a goal's history" },
      cost: 2,
      description: 'Lists every version of a goal, newest first. Only its owner may read it.',
      access: { rule: goalAccess.history },
      params: GoalParams,
      query: HistoryQuery,
      problems: ['forbidden', 'cursor-mismatch'],
      response: listed('GoalHistoryPage', historyEntry('goal', Goal)),
      run: (deps, actor, { params, query }) => goalHistory(deps, actor, params.goalId, query),
    })
  }
