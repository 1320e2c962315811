import type { Access } from './banner.ts'
import type { Ports } from './ports.ts'
import { runCommand } from './program.ts'
import type { Settings } from './settings.ts'

/** Whoever uses the printed token. */
const DEVELOPMENT_USER = '00000000-0000-4000-8000-000000000001'

export const urls = (ports: Ports) => ({
  apiUrl: `http://localhost:${ports.api}`,
  opsUrl: `http://localhost:${ports.ops}`,
})

/** Signs a token for a user and one for an operator, unless others hold the keys. */
export async function describeAccess(
  { canSign, commandPrefix }: Settings,
  ports: Ports,
  env: NodeJS.ProcessEnv,
): Promise<Access> {
  const tokenFor = (...scope: string[]) =>
    runCommand('apps/cli/src/main.ts', ['token', '--sub', DEVELOPMENT_USER, ...scope], env)
  const [userToken, opsToken] = canSign ? await Promise.all([tokenFor(), tokenFor('--scope', 'ops')]) : []
  return {
    ...urls(ports),
    userId: DEVELOPMENT_USER,
    commandPrefix,
    ...(userToken && { userToken }),
    ...(opsToken && { opsToken }),
  }
}
