import type { FastifyPluginAsync } from 'fastify'
import type { Deps } from '../../deps.ts'
import { createOperations } from '../../resource/http/operations.ts'
import { followed } from '../../resource/http/responses.ts'
import { changesAccess } from './access.ts'
import { listChanges, snapshotToWaitFrom } from './list.ts'
import { ChangesPage, ChangesQuery } from './schemas.ts'
import { createWaiting } from './waiting.ts'

export const changesRoutes =
  (deps: Deps): FastifyPluginAsync =>
  async (app) => {
    const { query } = createOperations(app, deps, {
      ...{ tag: 'changes', read: 'tasks:read', write: 'tasks:write' },
    })
    const waiting = createWaiting(deps.db)
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
      response: followed(ChangesPage),
      async wait(actor, { query }) {
        const from = snapshotToWaitFrom(actor, query)
        if (from !== undefined && query.wait) await waiting.waitForEvents(actor.id, from, query.wait * 1_000)
      },
      run: (deps, actor, { query }) => listChanges(deps, actor, query),
    })
  }
