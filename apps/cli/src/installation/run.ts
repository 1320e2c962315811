import { assertSchema } from '@goals-tasks/db'
import { messageOf } from '../message-of.ts'
import { findInstallation } from './config.ts'
import { type OpenInstallation, openInstallation } from './open.ts'

/** What a command found: `text` for people, `document` for programs. */
export type Answer = { text: string; document: object; exitCode: 0 | 1 }

/** Exit code when the configuration is wrong, or Postgres, the record of everything, does not answer. */
const cannotTell = 2

/**
 * Runs an operator's command on the installation that the environment names, else the one that `start` runs.
 * Prints the text, or with `json` the document, on standard output and sets the exit code.
 */
export async function runOnInstallation(
  json: boolean,
  answer: (installation: OpenInstallation) => Promise<Answer>,
): Promise<void> {
  const installation = attempt(findInstallation)
  if (!installation) return
  const open = await openInstallation(installation)
  try {
    await assertSchema(open.pool)
    const { text, document, exitCode } = await answer(open)
    console.log(json ? JSON.stringify(document) : text)
    process.exitCode = exitCode
  } catch (error) {
    const reason = `${messageOf(error)} (Postgres at ${open.places.postgres})`
    if (json) console.log(JSON.stringify({ error: reason }))
    fail(`cannot tell: ${reason}`)
  } finally {
    await open.close()
  }
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    fail(messageOf(error))
    return undefined
  }
}

function fail(message: string): void {
  console.error(message)
  process.exitCode = cannotTell
}
