import helmet from '@fastify/helmet'
import swagger from '@fastify/swagger'
import scalar from '@scalar/fastify-api-reference'
import type { FastifyInstance } from 'fastify'
import { scopes } from '../scopes.ts'

/** The contract at /openapi.json, generated from the routes that follow, and a page to read and try it at /docs. */
export async function registerOpenapi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'goals-tasks',
        version: '1.0.0',
        description: introduction,
        license: { name: 'MIT', identifier: 'MIT' },
      },
      tags: [{ name: 'goals' }, { name: 'tasks' }],
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
    },
    // Each operation says which scope it needs, from the very line that enforces it.
    transform: ({ schema, url, route }) => {
      const { scope } = route.config ?? {}
      return { url, schema: scope ? { ...schema, security: [{ token: [scope] }] } : schema }
    },
  })

  app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/json').send(JSON.stringify(app.swagger())),
  )

  await app.register(async (docs) => {
    // The page brings its own script and styles; nothing is fetched from elsewhere.
    await docs.register(helmet, { contentSecurityPolicy: { directives: pageSources } })
    await docs.register(scalar, {
      routePrefix: '/docs',
      configuration: {
        url: '/openapi.json',
        withDefaultFonts: false,
        hideClientButton: true,
        telemetry: false,
        persistAuth: true,
        authentication: { preferredSecurityScheme: 'token' },
      },
    })
  })
}

const pageSources = {
  defaultSrc: ["'self'"],
  scriptSrc: ["'self'", "'unsafe-inline'", "'unsafe-eval'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", 'data:', 'blob:'],
  fontSrc: ["'self'", 'data:'],
  connectSrc: ["'self'"],
  upgradeInsecureRequests: null,
}

const introduction = `Goals, the tasks in them, and everything that happened to both.

Send \`Authorization: Bearer <token>\`. Scopes: ${Object.entries(scopes)
  .map(([name, use]) => `\`${name}\` (${use})`)
  .join(', ')}.

A change needs \`If-Match\` with the ETag that you read. Every error is \`application/problem+json\`; its \`type\` is a page here.`
