import { invalidSharedParameters, invalidText, invisibleTexts } from '../../resource/invalid-examples.ts'
import type { ApiKeyPatch, NewApiKey } from './schemas.ts'

/** By field of an API key: values that the API refuses. */
export const invalidApiKeyFields = {
  name: [null, '', '   ', ...invisibleTexts, ...invalidText(100)],
  scopes: [
    ...[null, 'goals:read', {}, [], [null], [5], [''], ['goals'], ['GOALS:READ'], ['goals:read\0'], ['*']],
    ...[['ops'], ['api-keys:write'], ['goals:read', 'goals:read'], ['constructor'], [['goals:read']]],
  ],
  expiresAt: ['', 'never', 0, 4e12, '2020-01-01T00:00:00Z', '2099-01-01', '2099-02-30T00:00:00Z', ['x'], {}],
} satisfies Record<Exclude<keyof (ApiKeyPatch & NewApiKey), 'version'>, unknown[]>

/** By query parameter of the routes of API keys: values that the API refuses. */
export const invalidApiKeyParameters = {
  limit: invalidSharedParameters.limit,
  cursor: invalidSharedParameters.cursor,
}
