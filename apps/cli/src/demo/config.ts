import { ConfigError, loadVariables } from '@goals-tasks/config'
import { StackFile } from '@goals-tasks/config/stack-file'
import Type from 'typebox'
import { dataDir, readStack } from '../installation/stack-file.ts'

const variables = Type.Object({
  API_URL: Type.Optional(Type.String({ pattern: '^https?://', description: 'the API to load into' })),
  DATABASE_URL: Type.Optional(Type.String({ minLength: 1, description: "that API's Postgres" })),
  DATA_DIR: dataDir,
})

const Stack = Type.Pick(StackFile, ['apiUrl', 'databaseUrl'])
/** A running service: its API takes the writes, and its Postgres shows their effects. */
export type Service = Type.Static<typeof Stack>

/**
 * Finds the API that the option or the environment names, or else the one that `start` runs. A named API needs a named
 * database, because the figures of another database would be wrong.
 * @throws ConfigError
 */
export function findService(
  given: { api?: string | undefined },
  env: Readonly<Record<string, string | undefined>> = process.env,
): Service {
  const v = loadVariables(variables, env)
  const apiUrl = given.api ?? v.API_URL
  if (apiUrl === undefined)
    return readStack(v.DATA_DIR, Stack, {
      problem: 'no service to load into',
      wayOut: 'For another service give --api and DATABASE_URL',
    })
  if (v.DATABASE_URL === undefined)
    throw new ConfigError([
      `DATABASE_URL is required: the Postgres of the API at ${apiUrl}, from which the figures come`,
    ])
  return { apiUrl, databaseUrl: v.DATABASE_URL }
}

/** Returns the text to put before another command, so that it finds the same data folder. */
export const commandPrefix = (env: Readonly<Record<string, string | undefined>> = process.env): string =>
  env.DATA_DIR ? `DATA_DIR='${env.DATA_DIR}' ` : ''
