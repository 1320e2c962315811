import { randomUUID } from 'node:crypto'
import { createVerifier } from '@goals-tasks/http'
import { createLogger, createRegistry } from '@goals-tasks/observability'
import { startOperations } from '@goals-tasks/operations/testing'
import { SignJWT } from 'jose'
import type { Logger } from 'pino'
import { afterAll } from 'vitest'
import { buildOps } from '../../src/app.ts'
import { createSessions } from '../../src/login/session.ts'

export const secret = 'a secret for the tests of the ops process'
export const operatorId = randomUUID()
/** Headers that a browser adds to a request of a page from the same origin. */
export const fromOurPage = { 'sec-fetch-site': 'same-origin' }

export function signToken(scope: string, expires = '1 hour'): Promise<string> {
  return new SignJWT({ scope })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(operatorId)
    .setExpirationTime(expires)
    .sign(new TextEncoder().encode(secret))
}

export const bearer = async (scope = 'ops') => ({ authorization: `Bearer ${await signToken(scope)}` })

/** Builds the app of the ops process on a database and a queue prefix of its own. It closes after the last test. */
export async function startOps({
  production = false,
  redisUrl,
  log = createLogger('ops', 'silent'),
}: {
  production?: boolean
  redisUrl?: string
  log?: Logger
} = {}) {
  const operations = await startOperations(redisUrl === undefined ? {} : { redisUrl })
  const { pool, queues } = operations
  const config = {
    secret,
    jwksUrl: undefined,
    issuer: undefined,
    audience: undefined,
    scopeClaim: 'scope',
    defaultScope: undefined,
  }
  const app = await buildOps({
    pool,
    queues,
    log,
    registry: createRegistry(),
    verify: createVerifier(config),
    sessions: createSessions(secret),
    production,
  })
  afterAll(() => app.close())
  return { ...operations, app }
}
