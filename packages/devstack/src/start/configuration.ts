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
    // `start` chooses the ports of the probes.
    PROBE_PORT: '',
    ...(embedPostgres && { DATABASE_URL: 'postgres://embedded' }),
    ...(embedRedis && { REDIS_URL: 'redis://embedded' }),
  }
  const failures = await Promise.all(
    Object.entries(checkPaths).map(async ([name, path]) => {
      const output = await runCommand(path, [], checked).then(() => '', messageOf)
      return problemsIn(output).map((problem) => ({ name, problem }))
    }),
  )
  const message = describeProblems(failures.flat())
  if (message !== undefined) throw new Error(message)
}

const item = '  - '

/** Returns the problems that a ConfigError lists. Any other output is one problem. */
function problemsIn(output: string): string[] {
  const items = output.split('\n').filter((line) => line.startsWith(item))
  if (items.length === 0) return output === '' ? [] : [output]
  return items.map((line) => line.slice(item.length))
}

/** Lists each problem once, with the programs that have it. Returns undefined when there is none. */
export function describeProblems(found: readonly { name: string; problem: string }[]): string | undefined {
  const byProblem = Map.groupBy(found, ({ problem }) => problem)
  if (byProblem.size === 0) return undefined
  const lines = [...byProblem].map(
    ([problem, programs]) => `${item}${programs.map(({ name }) => name).join(', ')}: ${problem}`,
  )
  return `The configuration has ${byProblem.size} problem(s):\n${lines.join('\n')}`
}
