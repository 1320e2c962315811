import { statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { type Executor, executeOnce } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'
import type { Redis } from 'ioredis'
import { type DoctorFinding, ok, problem, warning } from './finding.ts'

/** Below the first share of free space a disk is a warning, below the second one a problem. */
const [fewFree, hardlyFree] = [0.1, 0.02]

type Space = { freeBytes: number; totalBytes: number }

/** Checks the disk of this process's temporary files. */
export const checkOwnDisk = async (): Promise<DoctorFinding> =>
  judgeSpace('disk: this host', await spaceOf(tmpdir()), 'temporary files')

/**
 * Shows the size of the database, and judges the free space of its disk. Postgres does not report the free
 * space, so it is known only when the server runs on this host.
 */
export async function checkPostgresDisk(db: Executor): Promise<DoctorFinding> {
  const [row] = await executeOnce<{ size: string; isLocal: boolean }>(
    db,
    sql`select pg_size_pretty(pg_database_size(current_database())) as size,
               coalesce(inet_server_addr() = inet_client_addr(), true) as "isLocal"`,
  )
  const use = `the database has ${row?.size}`
  const folder = row?.isLocal ? await readDataDirectory(db) : null
  return judgeSpace('Postgres: disk', await spaceOf(folder), use)
}

/** Only a superuser and the members of pg_read_all_settings may see the setting. */
async function readDataDirectory(db: Executor): Promise<string | null> {
  const [row] = await executeOnce<{ folder: string | null }>(
    db,
    sql`select max(setting) as folder from pg_settings where name = 'data_directory'`,
  )
  return row?.folder ?? null
}

/** Redis does not report the free space of its disk either. */
export async function checkRedisDisk(redis: Pick<Redis, 'client' | 'config'>, name: string): Promise<DoctorFinding> {
  const folder = (await isOnThisHost(redis)) ? await readFolder(redis) : null
  return judgeSpace(`${name}: disk`, await spaceOf(folder), 'its files')
}

async function isOnThisHost(redis: Pick<Redis, 'client'>): Promise<boolean> {
  const info = await redis.client('INFO').catch(() => '')
  const [, client] = /\baddr=(\S*):\d+/.exec(String(info)) ?? []
  const [, server] = /\bladdr=(\S*):\d+/.exec(String(info)) ?? []
  return client !== undefined && client === server
}

/** The user of the URL may lack the right to read the configuration. */
async function readFolder(redis: Pick<Redis, 'config'>): Promise<string | null> {
  const reply = await redis.config('GET', 'dir').catch(() => [])
  return (reply as string[])[1] ?? null
}

/** Returns null when this process does not see the folder, for example because the server runs in a container. */
async function spaceOf(folder: string | null): Promise<Space | null> {
  if (folder === null) return null
  try {
    const { bavail, blocks, bsize } = await statfs(folder)
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
  } catch {
    return null
  }
}

/** Judges the free space of a disk, or says that it is not visible from here. */
export function judgeSpace(check: string, space: Space | null, use: string): DoctorFinding {
  if (space === null) return ok(check, `${use}; the free space of its disk is not visible from here`)
  const share = space.freeBytes / space.totalBytes
  const fact = `${use}; ${gigabytes(space.freeBytes)} of ${gigabytes(space.totalBytes)} GB are free`
  if (share >= fewFree) return ok(check, fact)
  const judge = share < hardlyFree ? problem : warning
  return judge(check, fact, 'free or add space: writes are refused when the disk is full')
}

const gigabytes = (bytes: number) => (bytes / 1e9).toFixed(1)
