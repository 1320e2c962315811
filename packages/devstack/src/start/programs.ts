import { join } from 'node:path'
import { repositoryRoot } from '../repository.ts'
import type { Output } from './output.ts'
import type { Ports } from './ports.ts'
import { awaitReady, launchProgram } from './program.ts'
import type { Shutdown } from './shutdown.ts'
import { supervise } from './supervise.ts'

type ProgramName = 'api' | 'worker' | 'ops'

const path = (name: string) => join(repositoryRoot, name)

export const PROGRAM_PATHS: Record<ProgramName, string> = {
  api: path('apps/api/src/main.ts'),
  worker: path('apps/worker/src/main.ts'),
  ops: path('apps/ops/src/main.ts'),
}

const readyUrl = (port: number) => `http://127.0.0.1:${port}/readyz`

export const probeUrls = (ports: Ports): Record<ProgramName, string> => ({
  api: readyUrl(ports.apiProbe),
  worker: readyUrl(ports.workerProbe),
  ops: readyUrl(ports.opsProbe),
})

/**
 * Starts api, worker and ops, each a process of its own that is restarted when it ends; resolves when all are ready.
 * `onPid` isSubscribed of every process that came to be.
 */
export async function startPrograms(options: {
  env: NodeJS.ProcessEnv
  ports: Ports
  output: Output
  shutdown: Shutdown
  onPid: (name: string, pid: number) => void
}): Promise<void> {
  const { env, ports, output, shutdown, onPid } = options
  const probes = probeUrls(ports)
  const own: Record<ProgramName, NodeJS.ProcessEnv> = {
    api: { PORT: String(ports.api), PROBE_PORT: String(ports.apiProbe) },
    worker: { PROBE_PORT: String(ports.workerProbe) },
    ops: {
      OPS_PORT: String(ports.ops),
      PROBE_PORT: String(ports.opsProbe),
      OPS_READY_URLS: [probes.api, probes.worker].join(','),
    },
  }

  async function keep(name: ProgramName): Promise<void> {
    const launch = async () => {
      const onLine = (line: string) => output.pass(name, line)
      const running = launchProgram({ path: PROGRAM_PATHS[name], env: { ...env, ...own[name] }, onLine })
      onPid(name, running.pid)
      return running
    }
    const first = await launch()
    // A program that ends before it was ever ready is misconfigured: that fails the start instead of being retried.
    let supervised = { stop: first.stop }
    await shutdown.add('programs', () => supervised.stop())
    await awaitReady(name, probes[name], first)
    if (!shutdown.begun()) supervised = supervise(name, first, launch, (message) => output.say(message, 'warn'))
  }
  await Promise.all((Object.keys(PROGRAM_PATHS) as ProgramName[]).map(keep))
}
