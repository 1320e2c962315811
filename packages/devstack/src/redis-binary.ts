import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { unpackRedisFromApt } from './redis-from-apt.ts'
import { howToInstallRedis } from './redis-install-hint.ts'

export type RedisBinary = { command: string; env: NodeJS.ProcessEnv }

const OLDEST_MAJOR = 7

/**
 * Finds a Redis (or Valkey) of version 7 or newer: REDIS_SERVER_BIN, PATH, one unpacked earlier below `cacheDir`,
 * else the distribution's package, unpacked there without being installed.
 * @throws with the command that installs one on this platform.
 */
export async function redisBinary(cacheDir: string, onProgress?: (step: string) => void): Promise<RedisBinary> {
  const named = process.env.REDIS_SERVER_BIN
  if (named) return usable({ command: named, env: {} }, 'REDIS_SERVER_BIN')
  for (const command of onPath()) if (await isNewEnough({ command, env: {} })) return { command, env: {} }

  const unpacked = join(cacheDir, 'redis-bin')
  if (!existsSync(unpacked)) {
    if (!existsSync('/usr/bin/apt-get')) throw new Error(`no Redis ${OLDEST_MAJOR} found. ${howToInstallRedis()}`)
    onProgress?.('fetching Redis from the distribution')
    await unpackRedisFromApt(unpacked)
  }
  return usable(unpackedBinary(unpacked), unpacked)
}

function unpackedBinary(root: string): RedisBinary {
  const libraries = [join(root, 'usr/lib'), join(root, 'lib')].flatMap((folder) =>
    existsSync(folder)
      ? readdirSync(folder)
          .filter((n) => n.endsWith('-linux-gnu'))
          .map((n) => join(folder, n))
      : [],
  )
  return { command: join(root, 'usr/bin/redis-server'), env: { LD_LIBRARY_PATH: libraries.join(delimiter) } }
}

function onPath(): string[] {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/bin', '/opt/homebrew/bin', '/usr/sbin']
  return folders.flatMap((folder) => [join(folder, 'redis-server'), join(folder, 'valkey-server')]).filter(existsSync)
}

async function usable(binary: RedisBinary, origin: string): Promise<RedisBinary> {
  if (await isNewEnough(binary)) return binary
  throw new Error(`${origin}: ${binary.command} is no Redis ${OLDEST_MAJOR} or newer. ${howToInstallRedis()}`)
}

async function isNewEnough({ command, env }: RedisBinary): Promise<boolean> {
  const said = await promisify(execFile)(command, ['--version'], { env: { ...process.env, ...env } }).catch(
    () => undefined,
  )
  return Number(/ v=(\d+)\./.exec(said?.stdout ?? '')?.[1] ?? 0) >= OLDEST_MAJOR
}
