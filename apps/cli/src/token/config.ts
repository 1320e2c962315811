import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError, loadVariables } from '@goals-tasks/config'
import { messageOf } from '@goals-tasks/config/message-of'
import { authVariables } from '@goals-tasks/http'
import Type from 'typebox'
import { dataDir } from '../installation/stack-file.ts'

const variables = Type.Object({
  ...Type.Pick(authVariables, ['AUTH_JWT_SECRET', 'AUTH_ISSUER', 'AUTH_AUDIENCE', 'AUTH_SCOPE_CLAIM']).properties,
  DATA_DIR: dataDir,
})

/** Loads the key of local tokens: AUTH_JWT_SECRET, or else the secret that `start` generated. @throws ConfigError */
export function loadTokenSecret(env: NodeJS.ProcessEnv = process.env) {
  const v = loadVariables(variables, env)
  const secret = v.AUTH_JWT_SECRET ?? readStartSecret(join(v.DATA_DIR, 'auth-secret'))
  return {
    key: new TextEncoder().encode(secret),
    issuer: v.AUTH_ISSUER,
    audience: v.AUTH_AUDIENCE,
    scopeClaim: v.AUTH_SCOPE_CLAIM,
  }
}

function readStartSecret(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (cause) {
    const reason = messageOf(cause)
    throw new ConfigError([
      `AUTH_JWT_SECRET is not set and ${path} cannot be read (did \`start\` run here?): ${reason}`,
    ])
  }
}
