import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError, loadVariables } from '@goals-tasks/config'
import Type, { type Static } from 'typebox'
import { Value } from 'typebox/value'

const variables = Type.Object({
  API_URL: Type.Optional(Type.String({ pattern: '^https?://', description: 'the API to load into' })),
  DATABASE_URL: Type.Optional(Type.String({ minLength: 1, description: "that API's Postgres" })),
  DATA_DIR: Type.String({ default: '.data', description: 'where `start` keeps its data' }),
})

const Service = Type.Object({ apiUrl: Type.String(), databaseUrl: Type.String() })
/** The running service: writes go to its API, and its Postgres tells what became of them. */
export type Service = Static<typeof Service>

/**
 * An API that is named needs its database named, too: figures from another one would be worse than none.
 * Without one, the service is the one that `start` runs.
 * @throws ConfigError
 */
export function findService(
  given: { api?: string | undefined },
  env: Readonly<Record<string, string | undefined>> = process.env,
): Service {
  const v = loadVariables(variables, env)
  const apiUrl = given.api ?? v.API_URL
  if (apiUrl === undefined) return readStackFile(join(v.DATA_DIR, 'stack.json'))
  if (v.DATABASE_URL === undefined)
    throw new ConfigError([
      `DATABASE_URL is required: the Postgres of the API at ${apiUrl}, where the figures come from`,
    ])
  return { apiUrl, databaseUrl: v.DATABASE_URL }
}

function readStackFile(path: string): Service {
  try {
    return Value.Parse(Service, JSON.parse(readFileSync(path, 'utf8')))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ConfigError([
      `no service to load into: is \`start\` running (${reason})? For another service give --api and DATABASE_URL`,
    ])
  }
}
