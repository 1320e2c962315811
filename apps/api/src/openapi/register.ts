import swagger from '@fastify/swagger'
import { readVersion } from '@goals-tasks/config/version'
import { createAsset } from '@goals-tasks/http'
import type { FastifyInstance } from 'fastify'
import { type Document, hoistComponents } from './components.ts'
import { registerDocsPage } from './docs-page.ts'
import { registerEventPages } from './event-pages.ts'
import { introduction } from './introduction.ts'
import { registerLivePage } from './live-page.ts'

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
        version: readVersion(),
        description: introduction,
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: publicUrl || '/', description: 'This service.' }],
      tags,
      components: { securitySchemes: { token, apiKey } },
    },
    transformObject: (document) =>
      hoistComponents(('openapiObject' in document ? document.openapiObject : {}) as Document) as object,
    // Each operation names its scope, from the same line that enforces it, and its content types.
    transform: ({ schema, url, route }) => {
      const { scope, tokenOnly } = route.config ?? {}
      const security = scope ? { security: [{ token: [scope] }, ...(tokenOnly ? [] : [{ apiKey: [scope] }])] } : {}
      const consumes = [route.method].flat().includes('PATCH') && schema?.body ? { consumes: mergePatch } : {}
      return { url, schema: { ...schema, ...security, ...consumes } }
    },
  })

  const document = createAsset({
    load: () => JSON.stringify(app.swagger()),
    type: 'application/json; charset=utf-8',
    cacheControl: 'no-cache',
  })
  app.get('/openapi.json', { schema: { hide: true } }, document)

  // `start` prints the address of the API, and a browser opens it.
  app.get('/', { schema: { hide: true } }, (_request, reply) => reply.redirect('/docs'))

  await app.register(registerDocsPage)
  registerEventPages(app, readVersion())
  registerLivePage(app)
}

const tags = [
  { name: 'api-keys', description: 'API keys: by such a key a program acts as the user who created it.' },
  { name: 'changes', description: 'The feed: every change of what you may see, in one order that misses nothing.' },
  { name: 'contacts', description: 'Contacts: how users are reached outside of the application.' },
  { name: 'goals', description: 'Goals: what a user wants to reach. Each belongs to the user who created it.' },
  { name: 'notifications', description: 'Notifications: what other users did that concerns you.' },
  { name: 'sync-runs', description: 'Sync runs: each sends all your goals and tasks to one of your webhooks.' },
  { name: 'tasks', description: 'Tasks: the steps to a goal. A task can have an assignee, and wait for other tasks.' },
  {
    name: 'webhooks',
    description: 'Webhooks: addresses of yours that get events by HTTP, signed and repeated until they answer.',
  },
]

const token = {
  ...({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } as const),
  description: 'A signed token. Its claim `sub` is the id of the user, and `scope` names what it permits.',
}

const apiKey = {
  ...({ type: 'http', scheme: 'bearer', bearerFormat: 'gtk_<id>_<secret>' } as const),
  description: 'An API key of a user, in place of a token. It permits the scopes that it was created with.',
}

const mergePatch = ['application/merge-patch+json', 'application/json']
