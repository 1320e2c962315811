import { urls } from './access.ts'
import type { Output } from './output.ts'
import type { Ports } from './ports.ts'
import { runCommand } from './program.ts'
import { probeUrls, startPrograms } from './programs.ts'
import { startServers } from './servers.ts'
import type { Settings } from './settings.ts'
import type { Shutdown } from './shutdown.ts'
import { removeStackFile, type Stack, writeStackFile } from './stack-file.ts'

/** Servers, then the schema, then our programs; `stack.json` tells where they are for as long as they run. */
export async function bringUp(options: {
  settings: Settings
  ports: Ports
  env: NodeJS.ProcessEnv
  output: Output
  shutdown: Shutdown
}): Promise<void> {
  const { settings, ports, output, shutdown } = options
  const env = { ...options.env, ...(await startServers(settings, ports, output, shutdown)) }
  for (const line of (await runCommand('apps/cli/src/main.ts', ['migrate'], env)).split('\n')) output.say(line)

  const stack: Stack = {
    pid: process.pid,
    ...urls(ports),
    ...(await connections(env)),
    probes: probeUrls(ports),
    processes: {},
  }
  await shutdown.add('folder', async () => removeStackFile(settings.folder))
  const onPid = (name: string, pid: number) => {
    stack.processes[name] = pid
    writeStackFile(settings.folder, stack)
  }
  await startPrograms({ env, ports, output, shutdown, onPid })
}

/** Where the servers are, ours or somebody's. The configuration package is slow to load, and seldom needed here. */
async function connections(env: NodeJS.ProcessEnv): Promise<Pick<Stack, 'databaseUrl' | 'redisUrl' | 'queuePrefix'>> {
  const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, QUEUE_PREFIX: queuePrefix } = env
  if (databaseUrl && redisUrl) return { databaseUrl, redisUrl, queuePrefix }
  const { connectionVariables, loadConnections } = await import('@goals-tasks/config')
  const { database, redis } = loadConnections(connectionVariables, env).connections
  return { databaseUrl: database.url, redisUrl: redis.url, queuePrefix: redis.queuePrefix }
}
