import { createVerifier } from '@goals-tasks/http'
import { createLogger, createRegistry } from '@goals-tasks/observability'
import { loadStatus } from '@goals-tasks/operations'
import { createOperations } from '@goals-tasks/operations/testing'
import type { Logger } from 'pino'
import { test as base, onTestFinished } from 'vitest'
import { buildOps } from '../../src/app.ts'
import { createSessions } from '../../src/login/session.ts'
import { createScalingLook } from '../../src/scaling/look.ts'
import { secret } from './actors.ts'

export type Ops = Awaited<ReturnType<typeof createOps>>
type Options = { production?: boolean; trustProxy?: string[]; redisUrl?: string; log?: Logger }

/** A test with `ops`: the app, a database and queues that the tests of one file share. */
// biome-ignore lint/correctness/noEmptyPattern: Vitest requires a destructuring pattern here.
export const test = base.extend('ops', { scope: 'file' }, async ({}, { onCleanup }) => {
  const ops = await createOps({})
  onCleanup(ops.close)
  return ops
})

/** Creates the app with a database and queues for the current test. */
export async function startOps(options: Options): Promise<Ops> {
  const ops = await createOps(options)
  onTestFinished(ops.close)
  return ops
}

async function createOps(options: Options) {
  const { production = false, trustProxy = [], redisUrl, log = createLogger('ops', 'silent') } = options
  const operations = await createOperations({ redisUrl })
  const { pool, queues } = operations
  const lookAtStatus = () => loadStatus({ pool, queues })
  const app = await buildOps({
    pool,
    queues,
    cache: null,
    lookAtScaling: createScalingLook({ lookAtStatus, queues, log }),
    log,
    registry: createRegistry(),
    verify: createVerifier(authConfig),
    sessions: createSessions(secret),
    production,
    trustProxy,
  })
  const close = async (): Promise<void> => {
    await app.close()
    await operations.close()
  }
  return { ...operations, app, close }
}

const authConfig = {
  secret,
  jwksUrl: undefined,
  issuer: undefined,
  audience: undefined,
  scopeClaim: 'scope',
  defaultScope: undefined,
  emailClaim: undefined,
}
