import { assertSchema } from '@goals-tasks/db'
import { findInstallation } from './config.ts'
import { type OpenInstallation, openInstallation } from './open-installation.ts'

/** What a command found: `text` for people, `document` for programs. */
export type Answer = { text: string; document: object; exitCode: 0 | 1 }
export type Invocation = {
  json: boolean | undefined
  answer(installation: OpenInstallation): Promise<Answer>
}

/** The command line or the configuration is wrong, or Postgres, the record of everything, cannot be asked. */
const cannotTell = 2

/**
 * Runs an operator's command: one screen, or with `--json` one document, on standard output, and the exit code.
 * `parse` makes an invocation of the command line; what it throws is answered with `usage`.
 */
export async function runCommand(usage: string, parse: (args: string[]) => Invocation): Promise<void> {
  const args = process.argv.slice(2)
  if (args.includes('--help') || args.includes('-h')) return console.log(usage)
  const invocation = attempt(() => parse(args), `\n\n${usage}`)
  if (!invocation) return
  const installation = attempt(findInstallation)
  if (!installation) return
  const open = await openInstallation(installation)
  try {
    await assertSchema(open.pool)
    const { text, document, exitCode } = await invocation.answer(open)
    console.log(invocation.json ? JSON.stringify(document) : text)
    process.exitCode = exitCode
  } catch (error) {
    const reason = `${messageOf(error)} (Postgres at ${open.places.postgres})`
    if (invocation.json) console.log(JSON.stringify({ error: reason }))
    fail(`cannot tell: ${reason}`)
  } finally {
    await open.close()
  }
}

function attempt<T>(work: () => T, advice = ''): T | undefined {
  try {
    return work()
  } catch (error) {
    fail(`${messageOf(error)}${advice}`)
    return undefined
  }
}

function fail(message: string): void {
  console.error(message)
  process.exitCode = cannotTell
}

/** Several refused addresses make one error without a message. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.message || ('code' in error ? String(error.code) : error.name)
}
