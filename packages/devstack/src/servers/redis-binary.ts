import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { unpackRedisFromApt } from './redis-from-apt.ts'
import { howToInstallRedis } from './redis-install-hint.ts'

export type RedisBinary = { command: string; env: NodeJS.ProcessEnv }

const oldestMajor = 7

/**
 * Finds a Redis (or Valkey) of version 7 or newer: REDIS_SERVER_BIN, PATH, one that was unpacked earlier in `cacheDir`,
 * else the distribution's package, which it unpacks there without installing it.
 * @throws with the command that installs one on this platform
 */
export async function redisBinary(cacheDir: string, onProgress?: (step: string) => void): Promise<RedisBinary> {
  const named = process.env.REDIS_SERVER_BIN
  if (named) return requireUsable({ command: named, env: {} }, 'REDIS_SERVER_BIN')
  for (const command of programsOnPath()) if (await isNewEnough({ command, env: {} })) return { command, env: {} }

  const unpacked = join(cacheDir, 'redis-bin')
  if (!existsSync(unpacked)) {
    if (!existsSync('/usr/bin/apt-get'))
      throw new Error(`No Redis ${oldestMajor} or newer is installed. ${howToInstallRedis()}`)
    onProgress?.('Downloading the Redis of the distribution')
    await unpackRedisFromApt(unpacked)
  }
  return requireUsable(unpackedBinary(unpacked), unpacked)
}

function unpackedBinary(root: string): RedisBinary {
  const libraries = [join(root, 'usr/lib'), join(root, 'lib')].flatMap((folder) =>
    existsSync(folder)
      ? readdirSync(folder)
          .filter((name) => name.endsWith('-linux-gnu'))
          .map((name) => join(folder, name))
      : [],
  )
  return { command: join(root, 'usr/bin/redis-server'), env: { LD_LIBRARY_PATH: libraries.join(delimiter) } }
}

function programsOnPath(): string[] {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/bin', '/opt/homebrew/bin', '/usr/sbin']
  return folders.flatMap((folder) => [join(folder, 'redis-server'), join(folder, 'valkey-server')]).filter(existsSync)
}

async function requireUsable(binary: RedisBinary, origin: string): Promise<RedisBinary> {
  if (await isNewEnough(binary)) return binary
  throw new Error(`${origin}: ${binary.command} is not a Redis ${oldestMajor} or newer. ${howToInstallRedis()}`)
}

async function isNewEnough({ command, env }: RedisBinary): Promise<boolean> {
  const output = await promisify(execFile)(command, ['--version'], { env: { ...process.env, ...env } }).catch(
    () => undefined,
  )
  return Number(/ v=(\d+)\./.exec(output?.stdout ?? '')?.[1] ?? 0) >= oldestMajor
}
