import { execFile } from 'node:child_process'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { cleanUp } from '@goals-tasks/devstack/testing'
import type { Scenario } from '../scenario.ts'
import { createSourceFolder, linkPackages } from '../sources.ts'

const run = promisify(execFile)
const git = (...args: string[]) => run('git', args, { cwd: import.meta.dirname }).then(({ stdout }) => stdout.trim())

/** Returns the newest tag before this commit, or the twentieth commit before it. */
const findPrevious = () =>
  git('describe', '--tags', '--abbrev=0', 'HEAD^').catch(() => git('rev-parse', '--verify', 'HEAD~20'))

export const versionScenarios: readonly Scenario[] = [
  {
    name: 'previous-version-beside',
    boundSeconds: 120,
    processes: { secondSources: extractPrevious },
    skipReason: () =>
      findPrevious().then(
        () => undefined,
        () => 'the checkout has no earlier commit',
      ),
    inject: () => sleep(15_000),
  },
]

/**
 * Extracts the previous version, which uses the installed packages of this one, and migrates the database with it. The
 * deploy of this version then begins on the schema of the previous one.
 */
async function extractPrevious(databaseUrl: string): Promise<string> {
  const { folder, remove } = await createSourceFolder()
  cleanUp(async () => remove())
  const archive = `${folder}.tar`
  const root = await git('rev-parse', '--show-toplevel')
  await run('git', ['archive', '--output', archive, await findPrevious()], { cwd: root })
  await run('tar', ['-xf', archive, '-C', folder])
  await run('rm', [archive])
  linkPackages(folder)
  const env = { PATH: `${dirname(process.execPath)}:${process.env.PATH}`, DATABASE_URL: databaseUrl }
  await run(process.execPath, ['--run', 'migrate'], { cwd: folder, env })
  return folder
}
