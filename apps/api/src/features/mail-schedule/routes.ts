import type { FastifyPluginAsync } from 'fastify'
import type { Deps } from '../../deps.ts'
import { createOperations, Nothing } from '../../resource/http/operations.ts'
import { view } from '../../resource/http/reply.ts'
import { done, viewed } from '../../resource/http/responses.ts'
import { mailScheduleAccess } from './access.ts'
import { readMailSchedule } from './read.ts'
import { replaceMailSchedule } from './replace.ts'
import { MailSchedule, NewMailSchedule } from './schemas.ts'

const url = '/v1/me/mail-schedule'
const description = 'The schedule of your mails.'

export const mailScheduleRoutes =
  (deps: Deps): FastifyPluginAsync =>
  async (app) => {
    const { query, put } = createOperations(app, deps, {
      ...{ tag: 'notifications', read: 'notifications:read', write: 'notifications:write' },
    })

    query(url, {
      ...{ id: 'readMailSchedule', summary: 'Read your mail schedule' },
      description:
        'Returns when notifications are mailed to you: at once, or together in a digest, and your quiet hours. ' +
        'At first, each is mailed at once.',
      access: { rule: mailScheduleAccess },
      query: Nothing,
      response: viewed(description, MailSchedule),
      run: async ({ db }, actor) => view(await readMailSchedule(db, actor)),
    })

    put(url, {
      ...{ id: 'replaceMailSchedule', summary: 'Replace your mail schedule' },
      description:
        'Replaces your schedule. It holds for notifications that are made later: ' +
        'one that waits for a digest already is mailed with it. Your inbox gets every notification at once.',
      access: { rule: mailScheduleAccess, body: { digest: 'daily' }, emits: false },
      body: NewMailSchedule,
      response: done(description, MailSchedule),
      run: (deps, actor, { body }) => replaceMailSchedule(deps, actor, body),
    })
  }
