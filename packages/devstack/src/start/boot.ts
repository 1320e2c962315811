import type { StackFile } from '@goals-tasks/config/stack-file'
import { urls } from './access.ts'
import { startServers } from './embedded-servers.ts'
import type { Output } from './output.ts'
import type { Ports } from './ports.ts'
import { runCommand } from './program.ts'
import { probeUrls, startPrograms } from './programs.ts'
import type { Settings } from './settings.ts'
import type { Shutdown } from './shutdown.ts'
import { removeStackFile, writeStackFile } from './stack-file.ts'

/** Starts the servers, migrates, then starts the programs. `stack.json` describes them while they run. */
export async function boot(options: {
  settings: Settings
  ports: Ports
  env: NodeJS.ProcessEnv
  output: Output
  shutdown: Shutdown
}): Promise<void> {
  const { settings, ports, output, shutdown } = options
  const env = { ...options.env, ...(await startServers(settings, ports, output, shutdown)) }
  const migrated = await runCommand('apps/cli/src/main.ts', ['migrate', '--after-deploy'], env)
  for (const line of migrated.split('\n')) output.log(line)

  const stack: StackFile = {
    pid: process.pid,
    ...urls(ports, settings.listenHost),
    ...(await connections(env)),
    probes: probeUrls(ports, settings.listenHost),
    processes: {},
  }
  await shutdown.add('folder', async () => removeStackFile(settings.folder))
  const onPid = (name: string, pid: number) => {
    stack.processes[name] = pid
    writeStackFile(settings.folder, stack)
  }
  await startPrograms({ settings, env, ports, output, shutdown, onPid })
}

/** Returns the URLs of the servers. Imports the configuration package, which loads slowly, only when it is needed. */
async function connections(
  env: NodeJS.ProcessEnv,
): Promise<Pick<StackFile, 'databaseUrl' | 'redisUrl' | 'queuePrefix'>> {
  const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, QUEUE_PREFIX: queuePrefix } = env
  if (databaseUrl && redisUrl) return { databaseUrl, redisUrl, ...(queuePrefix !== undefined && { queuePrefix }) }
  const { connectionVariables, loadConnections } = await import('@goals-tasks/config')
  const { database, redis } = loadConnections(connectionVariables, env).connections
  return { databaseUrl: database.url, redisUrl: redis.url, queuePrefix: redis.queuePrefix }
}
