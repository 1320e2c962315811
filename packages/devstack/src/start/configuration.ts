import { messageOf } from '@goals-tasks/config/message-of'
import { runCommand } from './program.ts'
import type { Settings } from './settings.ts'

const checkPaths = {
  api: 'apps/api/src/check-config.ts',
  worker: 'apps/worker/src/check-config.ts',
  ops: 'apps/ops/src/check-config.ts',
}

/** Checks the configuration of every program before a server starts. @throws with all problems */
export async function checkConfigurations(
  { embedPostgres, embedRedis }: Settings,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  // The real addresses are known once the servers run. The check only requires that the variables are set.
  const checked = {
    ...env,
    ...(embedPostgres && { DATABASE_URL: 'postgres://embedded' }),
    ...(embedRedis && { REDIS_URL: 'redis://embedded' }),
  }
  const failures = await Promise.all(
    Object.entries(checkPaths).map(async ([name, path]) => {
      const problems = await runCommand(path, [], checked).then(() => undefined, messageOf)
      return problems === undefined ? [] : [{ name, problems }]
    }),
  )
  // Problems that several programs share are printed once.
  const byProblems = Map.groupBy(failures.flat(), ({ problems }) => problems)
  if (byProblems.size === 0) return
  const lines = [...byProblems].map(
    ([problems, programs]) => `${programs.map(({ name }) => name).join(', ')}: ${problems}`,
  )
  throw new Error(lines.join('\n'))
}
