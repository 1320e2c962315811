import { join } from 'node:path'
import { describeAccess } from './start/access.ts'
import { bannerFields, bannerText } from './start/banner.ts'
import { bringUp } from './start/bring-up.ts'
import { checkConfigurations } from './start/configuration.ts'
import { makeDataFolder } from './start/data-folder.ts'
import { lockFolder } from './start/lock.ts'
import { createOutput } from './start/output.ts'
import { choosePorts } from './start/ports.ts'
import { PROGRAM_PATHS } from './start/programs.ts'
import { loadSample } from './start/sample.ts'
import { developmentSecret } from './start/secret.ts'
import { releaseServers } from './start/servers.ts'
import { readSettings, type Settings } from './start/settings.ts'
import { createShutdown, stopOnSignals } from './start/shutdown.ts'
import { endLeftovers } from './start/stack-file.ts'

const output = createOutput(process.stdout, process.env)
const shutdown = createShutdown()
stopOnSignals(shutdown, output)

try {
  await start(readSettings(process.env, process.argv.slice(2)))
} catch (error) {
  // What fails while everything is being stopped fails because of that.
  if (!shutdown.begun()) {
    output.say(error instanceof Error ? error.message : String(error), 'error')
    await shutdown.run()
    process.exit(1)
  }
}

async function start(settings: Settings): Promise<void> {
  const { folder } = settings
  makeDataFolder(folder)
  const unlock = lockFolder(join(folder, 'start.pid'))
  await shutdown.add('folder', async () => unlock())
  const env: NodeJS.ProcessEnv = {
    HOST: '127.0.0.1',
    NODE_COMPILE_CACHE: join(folder, 'compile-cache'),
    ...process.env,
    ...(settings.makeSecret && { AUTH_JWT_SECRET: developmentSecret(join(folder, 'auth-secret')) }),
  }
  await Promise.all([checkConfigurations(settings, env), clearUp(folder)])

  const ports = await choosePorts(process.env, (name, wanted, actual, holder) =>
    output.say(`port ${wanted} is taken by ${holder}: ${name} is at ${actual} instead`, 'warn'),
  )
  // Signing needs neither database nor programs: it has the second core while those come up.
  const [access] = await Promise.all([
    describeAccess(settings, ports, env),
    bringUp({ settings, ports, env, output, shutdown }),
  ])
  if (settings.demo) await loadSample(settings, env, output)
  if (!shutdown.begun()) output.announce(bannerText(access), bannerFields(access))
}

/** Ends what an earlier start left behind. */
async function clearUp(folder: string): Promise<void> {
  await endLeftovers(folder, Object.values(PROGRAM_PATHS))
  await releaseServers(folder)
}
