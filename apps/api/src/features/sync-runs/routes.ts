import type { FastifyPluginAsync } from 'fastify'
import type { Deps } from '../../deps.ts'
import { createOperations, Nothing } from '../../resource/http/operations.ts'
import { view } from '../../resource/http/reply.ts'
import { acceptedWithLocation, done, listed, okOrUnchanged } from '../../resource/http/responses.ts'
import { loadWebhook } from '../webhooks/read.ts'
import { syncRunAccess } from './access.ts'
import { cancelRun } from './cancel.ts'
import { listSyncRuns } from './list.ts'
import { loadSyncRun, readSyncRun } from './read.ts'
import { NewSyncRun, SyncRun, SyncRunListQuery, SyncRunParams, SyncRunWithFailures } from './schemas.ts'
import { startRun } from './start.ts'

export const syncRunRoutes =
  (deps: Deps): FastifyPluginAsync =>
  async (app) => {
    const { query, act } = createOperations(app, deps, { ...{ tag: 'sync-runs', read: 'sync', write: 'sync' } })

    act('/v1/sync-runs', {
      ...{ id: 'startSyncRun', summary: 'Start a sync run' },
      cost: 50,
      description:
        'Sends all goals and tasks that you may see to one of your webhooks, also those that can still be restored. ' +
        'Each is a message `goal:synced` or `task:synced` with its present state, and `sync:completed` is the last. ' +
        'A webhook that gets only types of tasks gets no goals, and its filter applies. ' +
        'The token needs `goals:read` and `tasks:read`. A webhook has one run at a time.',
      access: { rule: syncRunAccess.start, body: { webhookId: ':webhookId' } },
      body: NewSyncRun,
      problems: ['not-found', 'webhook-disabled', 'sync-run-active', 'nothing-to-sync'],
      response: acceptedWithLocation('The new run.', SyncRun),
      async find({ db }, actor, _params, { webhookId }) {
        await loadWebhook(db, actor, webhookId)
      },
      run: (deps, actor, { body }) => startRun(deps, actor, body),
    })

    query('/v1/sync-runs', {
      ...{ id: 'listSyncRuns', summary: 'List your sync runs' },
      description: 'Lists the runs of your webhooks, newest first. A run is kept for 30 days.',
      access: { rule: syncRunAccess.list },
      query: SyncRunListQuery,
      problems: ['cursor-mismatch'],
      response: listed('SyncRunPage', SyncRun),
      run: (deps, actor, { query }) => listSyncRuns(deps, actor, query),
    })

    query('/v1/sync-runs/:runId', {
      ...{ id: 'readSyncRun', summary: 'Read a sync run' },
      description: 'Returns the progress of a run, with the goals and tasks that the receiver refused.',
      access: { rule: syncRunAccess.use },
      params: SyncRunParams,
      query: Nothing,
      response: okOrUnchanged(SyncRunWithFailures, 'run'),
      run: async ({ db }, actor, { params }) => view(await readSyncRun(db, actor, params.runId)),
    })

    act('/v1/sync-runs/:runId/cancel', {
      ...{ id: 'cancelSyncRun', summary: 'Cancel a sync run' },
      description: 'Ends a run early. Requests that are on their way end, and no more follow.',
      access: { rule: syncRunAccess.use, emits: false },
      params: SyncRunParams,
      body: Nothing,
      problems: ['sync-run-over'],
      response: done('The cancelled run.', SyncRun),
      async find({ db }, actor, { runId }) {
        await loadSyncRun(db, actor, runId)
      },
      run: (deps, actor, { params }) => cancelRun(deps, actor, params.runId),
    })
  }
