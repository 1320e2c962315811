/**
 * The program of the bundle. Its first argument names a process; every other argument is a command of the CLI:
 * `goals-tasks api`, `goals-tasks migrate`.
 */
import { existsSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

// Node takes the code that `compile` left there, and compiles what is missing or not for this CPU, user or Node.
const compiled = join(import.meta.dirname, 'compiled')
if (existsSync(compiled)) enableCompileCache({ directory: compiled, portable: true })

const processes: Record<string, () => Promise<unknown>> = {
  api: () => import('../../apps/api/src/main.ts'),
  worker: () => import('../../apps/worker/src/main.ts'),
  ops: () => import('../../apps/ops/src/main.ts'),
}
const cli = () => import('../../apps/cli/src/main.ts')

const load = processes[process.argv[2] ?? ''] ?? cli
await load()
