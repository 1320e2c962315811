import { throttled } from '@goals-tasks/observability'
import type { FastifyPluginAsync } from 'fastify'
import type { Deps } from '../../deps.ts'
import { createOperations } from '../../resource/http/operations.ts'
import { nextPage, viewed } from '../../resource/http/responses.ts'
import { changesAccess } from './access.ts'
import { createHub, type SubscribeToHints } from './hub.ts'
import { cursorToWaitFrom, listChanges } from './list.ts'
import { ChangesPage, ChangesQuery } from './schemas.ts'

/** The query for waiting requests runs up to four times a second. */
const reportEveryMs = 60_000

export const changesRoutes =
  (deps: Deps, { subscribeToHints }: { subscribeToHints?: SubscribeToHints }): FastifyPluginAsync =>
  async (app) => {
    const { query } = createOperations(app, deps, {
      ...{ tag: 'changes', read: 'tasks:read', write: 'tasks:write' },
    })
    const hub = createHub(deps.db, {
      ...(subscribeToHints && { subscribe: subscribeToHints }),
      onError: throttled(reportEveryMs, (err) =>
        app.log.warn({ err }, 'the query for the events of waiting requests failed'),
      ),
    })
    app.addHook('preClose', () => hub.close())

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
      async wait(actor, { query }, signal) {
        const cursor = query.wait ? cursorToWaitFrom(actor, query) : undefined
        const listener = cursor && hub.admit(actor.id)
        // A request above a limit does not wait.
        if (cursor === undefined || typeof listener !== 'object') return
        await listener.wait(cursor, { ms: (query.wait ?? 0) * 1_000, signal, isUnread: true })
        listener.close()
      },
      run: (deps, actor, { query }) => listChanges(deps, actor, query),
    })
  }
