import helmet from '@fastify/helmet'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Verifier } from '@goals-tasks/http'
import type { FastifyRequest } from 'fastify'
import Type from 'typebox'
import { requireOpsScope } from './access.ts'
import { loginPage, loginPageHeaders } from './page.ts'
import { requireSameOrigin } from './same-origin.ts'
import { type Sessions, sessionCookie } from './session.ts'

const Token = Type.Object({ token: Type.String({ minLength: 1, maxLength: 16_384 }) }, { additionalProperties: false })

type Options = { verify: Verifier; sessions: Sessions; production: boolean }

/** Exchanges a token for a session cookie, so that a browser can open Bull Board. Only a body may contain the token. */
export const loginRoutes =
  ({ verify, sessions, production }: Options): FastifyPluginAsyncTypebox =>
  async (app) => {
    await app.register(helmet, loginPageHeaders)
    const cookieOptions = (request: FastifyRequest) =>
      ({
        path: '/ops',
        httpOnly: true,
        sameSite: 'strict',
        secure: production || request.protocol === 'https',
      }) as const

    app.get('/ops/login', { config: { public: true } }, async (request, reply) => {
      const cookie = request.cookies[sessionCookie]
      const loggedIn = cookie !== undefined && (await sessions.open(cookie)) !== undefined
      return reply.type('text/html; charset=utf-8').send(loginPage(loggedIn))
    })

    app.post('/ops/login', { config: { public: true }, schema: { body: Token } }, async (request, reply) => {
      requireSameOrigin(request)
      const actor = requireOpsScope(await verify(request.body.token))
      const { value, expiresAtMs } = await sessions.seal(actor)
      request.log.info({ actorId: actor.id }, 'operator logged in')
      return reply
        .code(204)
        .setCookie(sessionCookie, value, { ...cookieOptions(request), expires: new Date(expiresAtMs) })
        .send()
    })

    app.post('/ops/logout', { config: { public: true } }, async (request, reply) => {
      requireSameOrigin(request)
      return reply.code(204).clearCookie(sessionCookie, cookieOptions(request)).send()
    })
  }
