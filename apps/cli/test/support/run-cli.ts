import { startProcess } from '@goals-tasks/devstack/testing'

export type CliResult = { code: number | null; stdout: string; stderr: string }

/** Runs `goals-tasks` to its end. */
export async function runCli(env: Record<string, string>, ...args: string[]): Promise<CliResult> {
  const cli = startProcess('apps/cli/src/main.ts', env, args)
  const { code } = await cli.exit
  return { code, stdout: cli.stdout(), stderr: cli.stderr() }
}
