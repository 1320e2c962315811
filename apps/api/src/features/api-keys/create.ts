import { randomUUID } from 'node:crypto'
import { prepareStatement } from '@goals-tasks/db'
import { normalizeText } from '@goals-tasks/events'
import { type FieldError, invalidBody, Problem } from '@goals-tasks/http'
import { sql } from 'drizzle-orm'
import { createKey } from '../../authentication/key-format.ts'
import type { Deps } from '../../deps.ts'
import type { Actor } from '../../resource/actor.ts'
import { nameErrors } from '../../resource/text.ts'
import { apiKeyText } from './read.ts'
import { maxNameLength, type NewApiKey } from './schemas.ts'

const maxKeys = 100

const lockKeysOf = prepareStatement<object>(
  'api_keys_lock',
  sql`select pg_advisory_xact_lock(hashtextextended('API keys of ' || ${sql.placeholder('actorId')}::text, 0))`,
)
const isUsable = sql`revoked_at is null and (expires_at is null or expires_at > now())`
const insert = prepareStatement<{ text: string; version: number }>(
  'api_key_create',
  sql`insert into api_keys (id, user_id, name, scopes, secret_hash, expires_at)
      select ${sql.placeholder('id')}::uuid, ${sql.placeholder('actorId')}::uuid, ${sql.placeholder('name')},
             ${sql.placeholder('scopes')}::text[], ${sql.placeholder('secretHash')}::bytea,
             ${sql.placeholder('expiresAt')}::timestamptz
      where (select count(*) from api_keys where user_id = ${sql.placeholder('actorId')}::uuid and ${isUsable})
            < ${sql.raw(String(maxKeys))}
      returning ${apiKeyText} as text, version`,
)

export type NewKey = { id: string; text: string; version: number; key: string }

/**
 * Creates an API key by which a program acts as the actor. Only its hash is stored.
 * @throws Problem 422 for a scope that the actor's token lacks, 409 when the actor has a hundred keys
 */
export async function createApiKey(deps: Deps, actor: Actor, input: NewApiKey): Promise<NewKey> {
  const name = normalizeText(input.name)
  const errors = [
    ...nameErrors('/name', name, maxNameLength),
    ...scopeErrors(actor, input),
    ...expiryErrors(deps, input),
  ]
  if (errors.length > 0) throw invalidBody(errors)
  const id = randomUUID()
  const { key, secretHash } = createKey(id)
  const { scopes, expiresAt = null } = input
  const [stored] = await deps.transaction({ actorId: actor.id }, async ({ db }) => {
    // The count must see the keys of every create before this one.
    await lockKeysOf(db, { actorId: actor.id })
    return insert(db, { ...{ id, actorId: actor.id, name, scopes, secretHash }, expiresAt })
  })
  if (!stored)
    throw new Problem(
      'too-many-api-keys',
      `A user has at most ${maxKeys} API keys that are neither revoked nor expired.`,
    )
  return { ...stored, id, key }
}

const scopeErrors = ({ admin, scopes: own }: Actor, { scopes }: NewApiKey): FieldError[] =>
  scopes.flatMap((scope, i) =>
    admin || own.has(scope) ? [] : [{ pointer: `/scopes/${i}`, detail: `is ${scope}, which your token lacks` }],
  )

const expiryErrors = ({ clock }: Deps, { expiresAt }: NewApiKey): FieldError[] =>
  typeof expiresAt === 'string' && Date.parse(expiresAt) <= clock()
    ? [{ pointer: '/expiresAt', detail: 'must lie in the future' }]
    : []
