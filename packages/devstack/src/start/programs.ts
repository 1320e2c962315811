import { join, relative } from 'node:path'
import { repositoryRoot } from '../processes/repository.ts'
import { reachableHost } from './listen-address.ts'
import type { Output } from './output.ts'
import type { Ports } from './ports.ts'
import { awaitReady, launchProgram } from './program.ts'
import type { Settings } from './settings.ts'
import type { Shutdown } from './shutdown.ts'
import { type Supervised, supervise } from './supervise.ts'
import { watchFiles } from './watch-files.ts'

type ProgramName = 'api' | 'worker' | 'ops'

const path = (name: string) => join(repositoryRoot, name)

const programPaths: Record<ProgramName, string> = {
  api: path('apps/api/src/main.ts'),
  worker: path('apps/worker/src/main.ts'),
  ops: path('apps/ops/src/main.ts'),
}

/** Returns whether a command line is that of a program: its path until the program sets its title, then the title. */
export const isProgram = (command: string): boolean =>
  Object.entries(programPaths).some(([name, file]) => command.includes(file) || command === `gt-${name}`)

export function probeUrls(ports: Ports, listenHost: string): Record<ProgramName, string> {
  const readyUrl = (port: number) => `http://${reachableHost(listenHost)}:${port}/readyz`
  return { api: readyUrl(ports.apiProbe), worker: readyUrl(ports.workerProbe), ops: readyUrl(ports.opsProbe) }
}

/**
 * Starts api, worker and ops, each as a process that is restarted when it ends. Resolves when all are ready.
 * With `watch` a process also restarts when a source file that it imported changes.
 * `onPid` is called for every process that is started.
 */
export async function startPrograms(options: {
  settings: Settings
  env: NodeJS.ProcessEnv
  ports: Ports
  output: Output
  shutdown: Shutdown
  onPid: (name: string, pid: number) => void
}): Promise<void> {
  const { env, ports, output, shutdown } = options
  const { watch, listenHost } = options.settings
  const probes = probeUrls(ports, listenHost)
  const ownEnv = environments(ports, probes)

  async function keep(name: ProgramName): Promise<void> {
    let supervised: Supervised | undefined
    const files = watchFiles((file) => void supervised?.restart(`${relative(repositoryRoot, file)} changed`))
    const launch = async () => {
      const running = launchProgram({
        path: programPaths[name],
        env: { ...env, ...ownEnv[name] },
        onLine: (line) => output.forward(name, line),
        onImport: watch ? files.add : undefined,
      })
      options.onPid(name, running.pid)
      return running
    }
    const first = await launch()
    await shutdown.add('programs', async () => {
      files.close()
      await (supervised ?? first).stop()
    })
    // A program that ends before it is ready for the first time is misconfigured. It fails the start without a retry.
    await awaitReady(name, probes[name], first)
    if (!shutdown.begun()) supervised = supervise({ name, first, launch, log: output.log, awaitsRestart: watch })
  }
  await Promise.all((Object.keys(programPaths) as ProgramName[]).map(keep))
}

/** Returns the variables that differ between the programs. */
function environments(ports: Ports, probes: Record<ProgramName, string>): Record<ProgramName, NodeJS.ProcessEnv> {
  return {
    api: { PORT: String(ports.api), PROBE_PORT: String(ports.apiProbe) },
    worker: { PROBE_PORT: String(ports.workerProbe) },
    ops: {
      OPS_PORT: String(ports.ops),
      PROBE_PORT: String(ports.opsProbe),
      OPS_READY_URLS: [probes.api, probes.worker].join(','),
    },
  }
}
