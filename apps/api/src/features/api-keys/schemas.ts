import { annotated, Id, Instant, Nullable, stringEnum } from '@goals-tasks/events'
import { type Scope, userScopes } from '@goals-tasks/http'
import Type, { type Static } from 'typebox'
import { Version } from '../../resource/fields.ts'

/** In code points, before and after the normalization. */
export const maxNameLength = 100

/** Scopes that a key may have. A key cannot manage keys, and the process of operators takes no keys. */
const keyScopes: readonly Scope[] = [...userScopes.filter((scope) => scope !== 'api-keys:write'), 'admin']

const KeyScope = stringEnum(keyScopes, {
  title: 'ApiKeyScope',
  description: 'A permission that an API key may carry.',
  examples: ['goals:read'],
})
const name = Type.String({
  ...{ minLength: 1, maxLength: maxNameLength, pattern: '\\S' },
  description: 'The name by which people recognize the key.',
  examples: ['Nightly import'],
})
const scopes = Type.Array(KeyScope, {
  ...{ minItems: 1, maxItems: keyScopes.length, uniqueItems: true },
  description: 'The scopes of the key, in the order of the request. Each must be a scope of your token.',
  examples: [['goals:read', 'tasks:read']],
})
const exampleId = '6c1e4f8b-9a30-4d7e-a7f6-8b5d3e2c0f97'
const expiresAt = Nullable(Instant, {
  description: 'The instant from which on the key is refused, in UTC. Null for a key that does not expire.',
  examples: ['2099-01-01T00:00:00.000Z'],
})

export const NewApiKey = Type.Object(
  { name, scopes, expiresAt: Type.Optional(expiresAt) },
  {
    title: 'NewApiKey',
    description: 'The fields of a new API key.',
    additionalProperties: false,
    examples: [{ name: 'Nightly import', scopes: ['goals:read', 'tasks:read'], expiresAt: '2099-01-01T00:00:00.000Z' }],
  },
)
export type NewApiKey = Static<typeof NewApiKey>

export const ApiKeyPatch = Type.Object(
  { name: Type.Optional(name), version: Type.Optional(Version) },
  {
    title: 'ApiKeyPatch',
    description: 'The new name of an API key. Its scopes and its expiry never change.',
    additionalProperties: false,
    examples: [{ name: 'Weekly import' }],
  },
)
export type ApiKeyPatch = Static<typeof ApiKeyPatch>

const fields = {
  id: annotated(Id, 'The id of the key. The key itself contains it without hyphens.', exampleId),
  name,
  scopes,
  createdAt: annotated(Instant, 'The instant of the creation, in UTC.', '2027-01-04T09:30:00.000Z'),
  expiresAt,
  lastUsedAt: Nullable(Instant, {
    description: 'The instant of the last use, in UTC, at most a minute late. Null before the first use.',
    examples: [null],
  }),
  revokedAt: Nullable(Instant, {
    description: 'The instant from which on the key is refused because it was revoked, or null.',
    examples: [null],
  }),
  version: Type.Integer({ description: 'The number of the current version.', examples: [1] }),
}

export const ApiKey = Type.Object(fields, { title: 'ApiKey', description: 'An API key without its secret.' })

export const CreatedApiKey = Type.Object(
  {
    ...fields,
    key: Type.Optional(
      Type.String({
        description:
          'The key to send as `Authorization: Bearer <key>`. Only this response contains it. ' +
          'A response that is repeated for an `Idempotency-Key` leaves it out.',
        examples: [
          'gtk_6c1e4f8b9a304d7ea7f68b5d3e2c0f97_' +
            '0000000000000000000000000000000000000000000000000000000000000000d6d7b4d5',
        ],
      }),
    ),
  },
  { title: 'CreatedApiKey', description: 'A new API key with its secret.' },
)

export const ApiKeyParams = Type.Object({ keyId: annotated(Id, 'The id of the API key.', exampleId) })
