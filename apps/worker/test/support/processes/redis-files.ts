import { cp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { connectCache } from '@goals-tasks/cache'
import { type OwnServer, until } from '@goals-tasks/devstack/testing'
import { createFolder } from './folder.ts'

/** Returns the folder in which a running Redis has its files. */
export async function folderOf({ url }: OwnServer): Promise<string> {
  const redis = connectCache(url, () => undefined)
  try {
    await until(() => redis.status === 'ready')
    const [, folder] = (await redis.config('GET', 'dir')) as string[]
    if (!folder) throw new Error('Redis does not show its folder.')
    return folder
  } finally {
    redis.disconnect()
  }
}

/** Copies the files of a running Redis. */
export async function copyRedis(redis: OwnServer): Promise<string> {
  const copy = await createFolder()
  await cp(await folderOf(redis), copy, { recursive: true })
  return copy
}

/** Starts a Redis again with the files of a copy, or with none. */
export async function startFrom(redis: OwnServer, { folder, copy }: { folder: string; copy: string | null }) {
  await redis.stop()
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true })
  if (copy !== null) await cp(copy, folder, { recursive: true })
  await redis.start()
}
