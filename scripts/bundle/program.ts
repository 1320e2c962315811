/**
 * The program of the bundle. Its first argument names a process; every other argument is a command of the CLI:
 * `goals-tasks api`, `goals-tasks migrate`.
 */
import { existsSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { debuglog } from 'node:util'
import { loadScript, pathOfScript, roles, runScript } from './script.ts'

const folder = import.meta.dirname
const role = roles.find((each) => each === process.argv[2])
if (role) {
  const script = loadScript(folder, role)
  debuglog('goals-tasks')('the compiled code of %s was rejected: %s', role, script.cachedDataRejected)
  runScript(script, pathOfScript(folder, role))
} else {
  // Node takes the code that `compile` left there, and compiles what is missing or not for this CPU, user or Node.
  const compiled = join(folder, 'compiled')
  if (existsSync(compiled)) enableCompileCache({ directory: compiled, portable: true })
  await import('../../apps/cli/src/main.ts')
}
