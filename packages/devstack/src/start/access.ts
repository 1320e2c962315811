import type { Access } from './banner.ts'
import { readableHost } from './listen-address.ts'
import type { Ports } from './ports.ts'
import { runCommand } from './program.ts'
import type { Settings } from './settings.ts'

/** The user of the printed token. */
const developmentUser = '00000000-0000-4000-8000-000000000001'

export function urls(ports: Ports, listenHost: string): { apiUrl: string; opsUrl: string } {
  const host = readableHost(listenHost)
  return { apiUrl: `http://${host}:${ports.api}`, opsUrl: `http://${host}:${ports.ops}` }
}

/**
 * Describes how to reach the service. With `tokens` it signs a token for a user and one for an operator, unless an
 * identity provider has the keys.
 */
export async function describeAccess(options: {
  settings: Settings
  ports: Ports
  env: NodeJS.ProcessEnv
  tokens: boolean
}): Promise<Access> {
  const { ports, env, tokens } = options
  const { canSign, commandPrefix, listenHost } = options.settings
  const tokenFor = (...scope: string[]) =>
    runCommand('apps/cli/src/main.ts', ['token', '--sub', developmentUser, ...scope], env)
  const [userToken, opsToken] = canSign && tokens ? await Promise.all([tokenFor(), tokenFor('--scope', 'ops')]) : []
  return {
    ...urls(ports, listenHost),
    userId: developmentUser,
    commandPrefix,
    canSign,
    ...(userToken && { userToken }),
    ...(opsToken && { opsToken }),
  }
}
