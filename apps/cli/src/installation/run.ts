import { messageOf } from '@goals-tasks/config/message-of'
import { assertSchema, type GrantedUse } from '@goals-tasks/db'
import { exitCodes } from '../exit-codes.ts'
import { reportFailure } from '../failure.ts'
import { findInstallation, type Installation } from './config.ts'
import { type OpenInstallation, openInstallation } from './open.ts'

/** The result of a command: `text` for people, `document` for programs. */
export type CommandResult = { text: string; document: object; exitCode: 0 | 1 }

type Load = (installation: OpenInstallation) => Promise<CommandResult>

/**
 * Runs a command on the installation that the environment names, or else on the one that `start` runs. Prints the text,
 * or the document with `json`, and sets the exit code. A command that writes needs the rights of a `service`. When the
 * configuration is wrong or Postgres does not answer, it prints an error and the exit code is `unusable`.
 */
export async function runOnInstallation(json: boolean, load: Load, use: GrantedUse = 'reader'): Promise<void> {
  let installation: Installation
  try {
    installation = findInstallation()
  } catch (error) {
    return reportFailure(error)
  }
  await runOnOpen(await openInstallation(installation), { json, load, use })
}

type Run = { json: boolean; load: Load; use: GrantedUse }

async function runOnOpen(open: OpenInstallation, { json, load, use }: Run): Promise<void> {
  try {
    await assertSchema(open.pool, use)
    const { text, document, exitCode } = await load(open)
    console.log(json ? JSON.stringify(document) : text)
    process.exitCode = exitCode
  } catch (error) {
    const reason = `${messageOf(error)} (Postgres at ${open.places.postgres})`
    if (json) console.log(JSON.stringify({ error: reason }))
    console.error(`no result: ${reason}`)
    process.exitCode = exitCodes.unusable
  } finally {
    await open.close()
  }
}
