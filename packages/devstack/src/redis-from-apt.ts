import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { howToInstallRedis } from './redis-install-hint.ts'
import { runToEnd } from './run-to-end.ts'
import { temporaryFolder } from './temporary-folder.ts'

/**
 * Unpacks the distribution's redis-server, with the libraries that this machine lacks, into `target`. Works for any
 * user, installs nothing, and apt checks the signatures. Two callers at once are harmless: the first rename stays.
 * @throws with what apt said and the command that installs Redis.
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
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`could not fetch Redis with apt. ${howToInstallRedis()}\n${why}`, { cause })
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

async function downloadPackages(folder: string): Promise<void> {
  await mkdir(join(folder, 'lists/partial'), { recursive: true })
  await mkdir(join(folder, 'cache/archives/partial'), { recursive: true })
  const privately = [
    `Dir::State::lists=${folder}/lists`,
    `Dir::Cache=${folder}/cache`,
    'APT::Sandbox::User=',
    'Debug::NoLocking=1',
    'Acquire::Languages=none',
  ].flatMap((option) => ['-o', option])
  await runToEnd('apt-get', [...privately, '-q', 'update'])
  // redis-server is a link into redis-tools: with --reinstall both come, even where one is installed.
  const download = ['install', '-q', '-y', '--no-install-recommends', '--reinstall', '--download-only']
  await runToEnd('apt-get', [...privately, ...download, 'redis-server', 'redis-tools'])
}
