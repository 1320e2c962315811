import type { FastifyPluginAsync } from 'fastify'
import type { Deps } from '../../deps.ts'
import { withMembers } from '../../resource/capabilities.ts'
import { createOperations, Nothing } from '../../resource/http/operations.ts'
import { entityResponse, noContent as nothing, view } from '../../resource/http/reply.ts'
import { created, listed, noContent, ok, okOrUnchanged } from '../../resource/http/responses.ts'
import { apiKeyAccess } from './access.ts'
import { renameApiKey, revokeApiKey } from './change.ts'
import { createApiKey } from './create.ts'
import { ApiKeyListQuery, listApiKeys } from './list.ts'
import { loadApiKey } from './read.ts'
import { ApiKey, ApiKeyParams, ApiKeyPatch, CreatedApiKey, NewApiKey } from './schemas.ts'

const noun = 'API key'

export const apiKeyRoutes =
  (deps: Deps): FastifyPluginAsync =>
  async (app) => {
    const { query, create, patch, command } = createOperations(app, deps, {
      ...{ tag: 'api-keys', read: 'api-keys:read', write: 'api-keys:write', writeByTokenOnly: true },
    })

    create('/v1/api-keys', {
      ...{ id: 'createApiKey', summary: 'Create an API key' },
      description:
        'Creates an API key by which a program acts as you, within scopes of your token. ' +
        'Only the response to this request contains the key. An API key cannot create keys.',
      access: { rule: apiKeyAccess.create, body: { name: 'New', scopes: ['goals:read'] }, emits: false },
      body: NewApiKey,
      problems: ['forbidden', 'too-many-api-keys'],
      response: created(CreatedApiKey, noun),
      async run(deps, actor, { body }) {
        const { id, text, version, key } = await createApiKey(deps, actor, body)
        const response = entityResponse({ text, version }, 201, { location: `/v1/api-keys/${id}` })
        return { ...response, body: withMembers(text, { key }), storedBody: text }
      },
    })

    query('/v1/api-keys', {
      ...{ id: 'listApiKeys', summary: 'List your API keys' },
      cost: 2,
      description: 'Lists your API keys, newest first, also the revoked and expired ones.',
      access: { rule: apiKeyAccess.list },
      query: ApiKeyListQuery,
      problems: ['cursor-mismatch'],
      response: listed('ApiKeyPage', ApiKey),
      run: (deps, actor, { query }) => listApiKeys(deps, actor, query),
    })

    query('/v1/api-keys/:keyId', {
      ...{ id: 'readApiKey', summary: 'Read an API key' },
      description: 'Returns an API key without its secret. Its tag is weak, because `lastUsedAt` has no version.',
      access: { rule: apiKeyAccess.readOrRename },
      params: ApiKeyParams,
      query: Nothing,
      response: okOrUnchanged(ApiKey, noun),
      run: async ({ db }, actor, { params }) => view((await loadApiKey(db, actor, params.keyId)).text),
    })

    patch('/v1/api-keys/:keyId', {
      ...{ id: 'patchApiKey', summary: 'Rename an API key' },
      description: 'Renames an API key. To change its scopes or its expiry, create another key and revoke this one.',
      access: { rule: apiKeyAccess.readOrRename, body: { name: 'New' }, emits: false },
      params: ApiKeyParams,
      body: ApiKeyPatch,
      problems: ['forbidden'],
      response: ok(ApiKey, noun),
      run: async (deps, actor, { params, body, precondition }) =>
        entityResponse(await renameApiKey(deps, actor, params.keyId, { body, precondition })),
    })

    command('DELETE', '/v1/api-keys/:keyId', {
      ...{ id: 'revokeApiKey', summary: 'Revoke an API key' },
      description:
        'Revokes an API key for good. The process that answers refuses it at once, the others within 30 seconds. ' +
        'Revoking again changes nothing.',
      access: { rule: apiKeyAccess.revoke, emits: false },
      changesAll: true,
      params: ApiKeyParams,
      problems: ['forbidden'],
      response: noContent,
      async run(deps, actor, { params, precondition }) {
        await revokeApiKey(deps, actor, params.keyId, precondition)
        return nothing
      },
    })
  }
