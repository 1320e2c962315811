import { accessSync, constants, existsSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/**
 * Returns the folder that holds the downloaded Redis: one per user, so that a new data folder needs no download.
 * Returns `dataDir` when an earlier version downloaded Redis into it, and when the user's cache cannot be written to.
 */
export function redisCacheDir(dataDir: string, env: NodeJS.ProcessEnv = process.env): string {
  if (existsSync(join(dataDir, 'redis-bin'))) return dataDir
  const folder = join(resolve(env.XDG_CACHE_HOME || join(homedir(), '.cache')), 'goals-tasks')
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    accessSync(folder, constants.W_OK)
    return folder
  } catch {
    return dataDir
  }
}
