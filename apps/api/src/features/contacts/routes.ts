import type { FastifyPluginAsync } from 'fastify'
import type { Deps } from '../../deps.ts'
import { createOperations, Nothing } from '../../resource/http/operations.ts'
import { view } from '../../resource/http/reply.ts'
import { done, noContent, viewed } from '../../resource/http/responses.ts'
import { contactAccess } from './access.ts'
import { readContact } from './read.ts'
import { removeContact } from './remove.ts'
import { replaceContactOf, replaceOwnContact } from './replace.ts'
import { Contact, ContactParams, NewContact } from './schemas.ts'

const own = '/v1/me/contact'
const others = '/v1/users/:userId/contact'
const description = 'The contact. All its fields but the id are null when there is none.'
const exampleBody = { email: 'ada@example.com' }

export const contactRoutes =
  (deps: Deps): FastifyPluginAsync =>
  async (app) => {
    // An API key that leaks must not lead the mails of its user elsewhere.
    const { query, put, remove } = createOperations(app, deps, {
      ...{ tag: 'contacts', read: 'notifications:read', write: 'notifications:write', writeByTokenOnly: true },
    })
    const directory = createOperations(app, deps, { tag: 'contacts', read: 'admin', write: 'admin' })

    query(own, {
      ...{ id: 'readContact', summary: 'Read your contact' },
      description: 'Returns the e-mail address to which your notifications are sent, and whether it is confirmed.',
      access: { rule: contactAccess.own },
      query: Nothing,
      response: viewed(description, Contact),
      run: async ({ db }, actor) => view(await readContact(db, actor.id)),
    })

    put(own, {
      ...{ id: 'replaceContact', summary: 'Replace your contact' },
      description:
        'Replaces your contact. A new address gets a mail with a link, which works once, for 24 hours. ' +
        'Notifications are sent to the address when it is confirmed. Send the same address again for another mail. ' +
        'A user, and an address, get five such mails per hour. An API key cannot change the contact.',
      access: { rule: contactAccess.own, body: exampleBody, emits: false },
      body: NewContact,
      problems: ['forbidden'],
      response: done(description, Contact),
      run: (deps, actor, { body }) => replaceOwnContact(deps, actor, body),
    })

    remove(own, {
      ...{ id: 'removeContact', summary: 'Remove your contact' },
      description: 'Removes your contact. No mail is sent to you any more. Removing it again changes nothing.',
      access: { rule: contactAccess.removeOwn, emits: false },
      problems: ['forbidden'],
      response: noContent,
      run: (deps, actor) => removeContact(deps, actor.id),
    })

    directory.query(others, {
      ...{ id: 'readContactOfUser', summary: 'Read a contact' },
      description: 'Returns the contact of a user. It needs the scope `admin`.',
      access: { rule: contactAccess.others },
      params: ContactParams,
      query: Nothing,
      response: viewed(description, Contact),
      run: async ({ db }, _actor, { params }) => view(await readContact(db, params.userId)),
    })

    directory.put(others, {
      ...{ id: 'replaceContactOfUser', summary: 'Replace a contact' },
      description:
        'Replaces the contact of a user, from the directory of a company for example. ' +
        'It counts as confirmed at once, and no mail asks the user. It needs the scope `admin`.',
      access: { rule: contactAccess.others, body: exampleBody, emits: false },
      params: ContactParams,
      body: NewContact,
      response: done(description, Contact),
      run: (deps, actor, { params, body }) => replaceContactOf(deps, actor, params.userId, body),
    })

    directory.remove(others, {
      ...{ id: 'removeContactOfUser', summary: 'Remove a contact' },
      description: 'Removes the contact of a user. Removing it again changes nothing. It needs the scope `admin`.',
      access: { rule: contactAccess.removeOthers, emits: false },
      params: ContactParams,
      response: noContent,
      run: (deps, _actor, { params }) => removeContact(deps, params.userId),
    })
  }
