import { readFileSync } from 'node:fs'
import helmet from '@fastify/helmet'
import swagger from '@fastify/swagger'
import scalar from '@scalar/fastify-api-reference'
import type { FastifyInstance } from 'fastify'
import { type Document, hoistComponents } from './components.ts'

/**
 * Serves the OpenAPI document of the routes that follow at /openapi.json, and a page to read and try it at /docs.
 * `/` leads to the page. `publicUrl` is the address under which clients reach the service, if it is configured.
 */
export async function registerOpenapi(app: FastifyInstance, publicUrl = ''): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'goals-tasks',
        version: releaseVersion(),
        description: introduction,
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: publicUrl || '/', description: 'This service.' }],
      tags,
      components: { securitySchemes: { token } },
    },
    transformObject: (document) =>
      hoistComponents(('openapiObject' in document ? document.openapiObject : {}) as Document) as object,
    // Each operation names its scope, from the same line that enforces it, and its content types.
    transform: ({ schema, url, route }) => {
      const { scope } = route.config ?? {}
      const security = scope ? { security: [{ token: [scope] }] } : {}
      const consumes = [route.method].flat().includes('PATCH') && schema?.body ? { consumes: mergePatch } : {}
      return { url, schema: { ...schema, ...security, ...consumes } }
    },
  })

  app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/json').send(JSON.stringify(app.swagger())),
  )

  // `start` prints the address of the API, and a browser opens it.
  app.get('/', { schema: { hide: true } }, (_request, reply) => reply.redirect('/docs'))

  await app.register(async (docs) => {
    // The page has its own script and styles. It fetches nothing from other hosts.
    await docs.register(helmet, { contentSecurityPolicy: { directives: pageSources } })
    await docs.register(scalar, {
      routePrefix: '/docs',
      configuration: {
        url: '/openapi.json',
        withDefaultFonts: false,
        hideClientButton: true,
        // Each of these would call other hosts.
        showDeveloperTools: 'never',
        agent: { disabled: true },
        mcp: { disabled: true },
        telemetry: false,
        favicon: `data:image/svg+xml,${encodeURIComponent(icon)}`,
        persistAuth: true,
        authentication: { preferredSecurityScheme: 'token' },
      },
    })
  })
}

/** The version of the release, which the package.json of the repository names. */
const releaseVersion = (): string =>
  JSON.parse(readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8')).version

const pageSources = {
  defaultSrc: ["'self'"],
  scriptSrc: ["'self'", "'unsafe-inline'", "'unsafe-eval'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", 'data:', 'blob:'],
  fontSrc: ["'self'", 'data:'],
  connectSrc: ["'self'"],
  upgradeInsecureRequests: null,
}

const icon = [
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">',
  '<circle cx="8" cy="8" r="7" fill="none" stroke="teal" stroke-width="2"/>',
  '<circle cx="8" cy="8" r="3" fill="teal"/></svg>',
].join('')

const tags = [
  { name: 'goals', description: 'Goals: what a user wants to reach. Each belongs to the user who created it.' },
  { name: 'tasks', description: 'Tasks: the steps to a goal. A task can have an assignee, and wait for other tasks.' },
]

const token = {
  ...({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } as const),
  description: 'A signed token. Its claim `sub` is the id of the user, and `scope` names what it permits.',
}

const mergePatch = ['application/merge-patch+json', 'application/json']

const introduction = `Goals, the tasks in them, and everything that happened to both.

Send \`Authorization: Bearer <token>\`; each operation names the scope that the token needs.
A PATCH needs \`If-Match\` with the ETag that you read, or \`version\` in its body.
Every other change honours \`If-Match\` when it is sent.
An operation without fields in its body, such as every DELETE, takes no body or \`{}\`.
Any other body is refused with 422.
A PATCH without a body gets 400.
Every error is \`application/problem+json\`; its \`type\` is the address of a page about it.
An address refuses other methods than its own with 405, and names its methods in \`Allow\`.
Each GET is also a HEAD.`
