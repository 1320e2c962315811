import { sendHtml } from '@goals-tasks/http'
import { type LinkTokens, linkPaths } from '@goals-tasks/mail/links'
import type { FastifyPluginAsync, FastifyReply } from 'fastify'
import Type from 'typebox'
import type { Deps } from '../../deps.ts'
import { confirmContact } from './confirm.ts'
import { pages } from './pages.ts'
import { unsubscribe } from './unsubscribe.ts'

const maxFormBytes = 4_096
/** A button sends the first, and a mail client may send either (RFC 8058, 3.1). */
const formTypes = ['application/x-www-form-urlencoded', 'multipart/form-data']

const Link = Type.Object({ token: Type.String({ maxLength: 200 }) })
type Query = { Querystring: { token: string } }

/**
 * The pages that the links in mails lead to. A link needs no login: its signature shows that it came from us. Without
 * `tokens`, no link is valid.
 */
export const mailLinkRoutes =
  (deps: Deps, tokens: LinkTokens | undefined): FastifyPluginAsync =>
  async (app) => {
    // The token says everything, so the form is read and ignored.
    app.addContentTypeParser(formTypes, { parseAs: 'buffer' }, (_request, _body, done) => done(null, undefined))
    const open = {
      config: { public: true },
      schema: { hide: true, querystring: Link },
      // A request without a login may send a body of any type.
      bodyLimit: maxFormBytes,
    } as const
    const send = (reply: FastifyReply, name: keyof typeof pages, status = 200) =>
      sendHtml(reply.code(status).header('referrer-policy', 'no-referrer'), pages[name])

    app.get<Query>(linkPaths.confirm, open, async ({ query }, reply) =>
      tokens?.parseConfirmation(query.token) === undefined ? send(reply, 'invalid', 404) : send(reply, 'confirm'),
    )
    app.post<Query>(linkPaths.confirm, open, async ({ query }, reply) => {
      const id = tokens?.parseConfirmation(query.token)
      if (id === undefined) return send(reply, 'invalid', 404)
      return (await confirmContact(deps, id)) ? send(reply, 'confirmed') : send(reply, 'expired', 410)
    })

    app.get<Query>(linkPaths.unsubscribe, open, async ({ query }, reply) => {
      const link = tokens?.parseUnsubscription(query.token)
      if (link === undefined) return send(reply, 'invalid', 404)
      return send(reply, link.kind === 'all' ? 'unsubscribeAll' : 'unsubscribe')
    })
    app.post<Query>(linkPaths.unsubscribe, open, async ({ query }, reply) => {
      const link = tokens?.parseUnsubscription(query.token)
      if (link === undefined) return send(reply, 'invalid', 404)
      await unsubscribe(deps, link)
      return send(reply, 'unsubscribed')
    })
  }
