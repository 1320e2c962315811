import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { messageOf } from '@goals-tasks/config/message-of'
import { runToEnd } from '../processes/run-to-end.ts'
import { howToInstallRedis } from './redis-install-hint.ts'
import { temporaryFolder } from './temporary-folder.ts'

/**
 * Unpacks the distribution's redis-server into `target`, with the libraries that this machine lacks. Works for any
 * user and installs nothing. apt checks the signatures. Two concurrent calls are harmless: the first rename wins.
 * @throws with the output of apt and the command that installs Redis
 */
export async function unpackRedisFromApt(target: string): Promise<void> {
  const temporary = await temporaryFolder(dirname(target), basename(target))
  try {
    await downloadPackages(temporary)
    const root = join(temporary, 'root')
    for (const file of await readdir(join(temporary, 'cache/archives')))
      if (file.endsWith('.deb')) await runToEnd('dpkg-deb', ['-x', join(temporary, 'cache/archives', file), root])
    await rename(root, target).catch((error) => {
      if (!existsSync(target)) throw error
    })
  } catch (cause) {
    throw new Error(`apt could not download Redis. ${howToInstallRedis()}\n${messageOf(cause)}`, { cause })
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

async function downloadPackages(folder: string): Promise<void> {
  await mkdir(join(folder, 'lists/partial'), { recursive: true })
  await mkdir(join(folder, 'cache/archives/partial'), { recursive: true })
  const privateState = [
    `Dir::State::lists=${folder}/lists`,
    `Dir::Cache=${folder}/cache`,
    'APT::Sandbox::User=',
    'Debug::NoLocking=1',
    'Acquire::Languages=none',
  ].flatMap((option) => ['-o', option])
  await runToEnd('apt-get', [...privateState, '-q', 'update'])
  // Without a network `update` only warns, and `install` would then say that the package does not exist.
  const lists = await readdir(join(folder, 'lists'))
  if (!lists.some((name) => /_(In)?Release$/.test(name)))
    throw new Error('apt reaches none of its servers: the download needs a network.')
  // redis-server is a link into redis-tools. With --reinstall apt downloads both, even where one is installed.
  const download = ['install', '-q', '-y', '--no-install-recommends', '--reinstall', '--download-only']
  await runToEnd('apt-get', [...privateState, ...download, 'redis-server', 'redis-tools'])
}
