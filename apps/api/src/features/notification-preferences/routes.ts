import type { FastifyPluginAsync } from 'fastify'
import type { Deps } from '../../deps.ts'
import { createOperations, Nothing } from '../../resource/http/operations.ts'
import { view } from '../../resource/http/reply.ts'
import { done, viewed } from '../../resource/http/responses.ts'
import { preferenceAccess } from './access.ts'
import { readPreferences } from './read.ts'
import { replacePreferences } from './replace.ts'
import { NotificationChoices, NotificationPreferences } from './schemas.ts'

const url = '/v1/me/notification-preferences'
const description = 'All choices, one per kind and channel.'

export const notificationPreferenceRoutes =
  (deps: Deps): FastifyPluginAsync =>
  async (app) => {
    const { query, put } = createOperations(app, deps, {
      ...{ tag: 'notifications', read: 'notifications:read', write: 'notifications:write' },
    })

    query(url, {
      ...{ id: 'readNotificationPreferences', summary: 'Read your notification preferences' },
      description:
        'Returns your choice for each kind of notification and each channel. Everything is enabled at first.',
      access: { rule: preferenceAccess },
      query: Nothing,
      response: viewed(description, NotificationPreferences),
      run: async ({ db }, actor) => view(await readPreferences(db, actor)),
    })

    put(url, {
      ...{ id: 'replaceNotificationPreferences', summary: 'Replace your notification preferences' },
      description:
        'Replaces all your choices. A choice that you leave out is enabled. ' +
        'It holds for events that are handled later, and changes no notification that you have.',
      access: { rule: preferenceAccess, body: { preferences: [] }, emits: false },
      body: NotificationChoices,
      response: done(description, NotificationPreferences),
      run: (deps, actor, { body }) => replacePreferences(deps, actor, body),
    })
  }
