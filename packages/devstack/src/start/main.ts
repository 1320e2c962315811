import { join } from 'node:path'
import { messageOf } from '@goals-tasks/config/message-of'
import { describeAccess } from './access.ts'
import { bannerFields, bannerText } from './banner.ts'
import { boot } from './boot.ts'
import { checkConfigurations } from './configuration.ts'
import { makeDataFolder } from './data-folder.ts'
import { requireDiskSpace } from './disk-space.ts'
import { endStaleServers } from './embedded-servers.ts'
import { lockFolder } from './lock.ts'
import { createOutput } from './output.ts'
import { choosePorts } from './ports.ts'
import { isProgram } from './programs.ts'
import { loadSample } from './sample.ts'
import { developmentSecret } from './secret.ts'
import { readSettings, type Settings } from './settings.ts'
import { createShutdown, stopOnSignals } from './shutdown.ts'
import { endStalePrograms } from './stack-file.ts'

process.title = 'gt-start'
const output = await createOutput(process.stdout, process.env)
const shutdown = createShutdown()
stopOnSignals(shutdown, output)

try {
  await start(readSettings(process.env, process.argv.slice(2)))
} catch (error) {
  // During a shutdown, steps that still run fail because of it.
  if (!shutdown.begun()) {
    output.log(messageOf(error), 'error')
    await shutdown.run()
    process.exit(1)
  }
}

async function start(settings: Settings): Promise<void> {
  const { folder } = settings
  if (settings.embedPostgres || settings.embedRedis) requireDiskSpace(folder)
  makeDataFolder(folder)
  const unlock = lockFolder(join(folder, 'start.pid'))
  await shutdown.add('folder', async () => unlock())
  const env: NodeJS.ProcessEnv = {
    NODE_COMPILE_CACHE: join(folder, 'compile-cache'),
    ...process.env,
    HOST: settings.listenHost,
    ...(settings.makeSecret && { AUTH_JWT_SECRET: developmentSecret(join(folder, 'auth-secret')) }),
    ...(settings.makeSecretsKey && { SECRETS_KEY: developmentSecret(join(folder, 'secrets-key')) }),
    ...(settings.allowLoopback && { WEBHOOK_ALLOW_NETWORKS: 'loopback' }),
  }
  await Promise.all([checkConfigurations(settings, env), endStaleProcesses(folder)])

  const ports = await choosePorts(process.env, (name, wanted, actual, holder) =>
    output.log(`Port ${wanted} is taken by ${holder}. ${name} uses port ${actual} instead.`, 'warn'),
  )
  // Signing needs neither a database nor the programs, so it uses the second core while those start.
  const [access] = await Promise.all([
    describeAccess({ settings, ports, env, tokens: output.isTerminal }),
    boot({ settings, ports, env, output, shutdown }),
  ])
  if (settings.demo) await loadSample(settings, env, output)
  if (!shutdown.begun()) output.ready(bannerText(access), bannerFields(access))
}

/** Ends the programs and servers that a killed `start` left behind. */
async function endStaleProcesses(folder: string): Promise<void> {
  await endStalePrograms(folder, isProgram)
  await endStaleServers(folder)
}
