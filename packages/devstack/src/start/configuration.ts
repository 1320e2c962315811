import { runCommand } from './program.ts'
import type { Settings } from './settings.ts'

const CHECKS = {
  api: 'apps/api/src/check-config.ts',
  worker: 'apps/worker/src/check-config.ts',
  ops: 'apps/ops/src/check-config.ts',
}

/** @throws with all that is wrong with the configuration of any program, before any of them, or a server, is started */
export async function checkConfigurations(
  { embedPostgres, embedRedis }: Settings,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  // The true addresses are known once the servers run; that there will be some is enough here.
  const checked = {
    ...env,
    ...(embedPostgres && { DATABASE_URL: 'postgres://embedded' }),
    ...(embedRedis && { REDIS_URL: 'redis://embedded' }),
  }
  const refusals = await Promise.all(
    Object.entries(CHECKS).map(async ([name, path]) => {
      const refusal = await runCommand(path, [], checked).then(() => undefined, messageOf)
      return refusal === undefined ? [] : [{ name, refusal }]
    }),
  )
  // What is wrong for all of them is told once.
  const byRefusal = Map.groupBy(refusals.flat(), ({ refusal }) => refusal)
  if (byRefusal.size === 0) return
  const told = [...byRefusal].map(([refusal, of]) => `${of.map(({ name }) => name).join(', ')}: ${refusal}`)
  throw new Error(told.join('\n'))
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
