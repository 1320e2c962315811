/**
 * The program of the bundle. Its first argument names a process; every other argument is a command of the CLI:
 * `goals-tasks api`, `goals-tasks migrate`.
 */
const processes: Record<string, () => Promise<unknown>> = {
  api: () => import('../../apps/api/src/main.ts'),
  worker: () => import('../../apps/worker/src/main.ts'),
  ops: () => import('../../apps/ops/src/main.ts'),
}
const cli = () => import('../../apps/cli/src/main.ts')

const load = processes[process.argv[2] ?? ''] ?? cli
await load()

export {}
