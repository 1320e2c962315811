import { throttled } from '@goals-tasks/observability'
import type { FastifyPluginAsync } from 'fastify'
import type { Deps } from '../../deps.ts'
import { createOperations } from '../../resource/http/operations.ts'
import { nextPage, viewed } from '../../resource/http/responses.ts'
import { changesAccess } from './access.ts'
import { listChanges, snapshotToWaitFrom } from './list.ts'
import { ChangesPage, ChangesQuery } from './schemas.ts'
import { createWaiting } from './waiting.ts'

/** The query for waiting requests runs four times a second. */
const reportEveryMs = 60_000

export const changesRoutes =
  (deps: Deps): FastifyPluginAsync =>
  async (app) => {
    const { query } = createOperations(app, deps, {
      ...{ tag: 'changes', read: 'tasks:read', write: 'tasks:write' },
    })
    const waiting = createWaiting(deps.db, {
      onError: throttled(reportEveryMs, (err) =>
        app.log.warn({ err }, 'the query for the events of waiting requests failed'),
      ),
    })
    app.addHook('preClose', (done) => {
      waiting.close()
      done()
    })

    query('/v1/changes', {
      ...{ id: 'listChanges', summary: 'Follow all changes' },
      description:
        'Lists the events of everything that you may see, from the cursor on. Keep `page.nextCursor` after each ' +
        'page: a request with it misses no event, however long you were away. An event can come twice, with the ' +
        'same `id`. The highest `version` of an entity wins. Events of goals also need the scope `goals:read`, and ' +
        'events of notifications `notifications:read`.',
      access: { rule: changesAccess.anyone },
      query: ChangesQuery,
      problems: ['cursor-mismatch', 'cursor-expired'],
      response: viewed('One page of the feed.', ChangesPage, nextPage),
      async wait(actor, { query }, hangUp) {
        const from = snapshotToWaitFrom(actor, query)
        if (from === undefined || !query.wait) return
        await waiting.waitForEvents(actor.id, from, { ms: query.wait * 1_000, signal: hangUp })
      },
      run: (deps, actor, { query }) => listChanges(deps, actor, query),
    })
  }
