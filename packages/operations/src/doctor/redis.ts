import { type AnyRedis, mastersOf } from '@goals-tasks/events'
import { Cluster, type Redis } from 'ioredis'
import type { OpsQueues } from '../queues.ts'
import { checkRedisDisk } from './disks.ts'
import { type DoctorFinding, ok, problem, unknown, warning } from './finding.ts'

const oldestVersion = 7
const maxMemoryShare = 0.7

type Info = Record<string, string>
type Use = { name: string; mayEvict: boolean }

/** Checks each node that holds keys, and on a cluster also whether every slot is served. */
export async function checkNodes(redis: AnyRedis, use: Use): Promise<DoctorFinding[]> {
  if (!(redis instanceof Cluster)) return checkRedis(redis, use)
  const nodes = mastersOf(redis)
  const findings = await Promise.all(
    nodes.map((node) => checkRedis(node, { ...use, name: `${use.name} ${node.options.host}:${node.options.port}` })),
  )
  return [await checkSlots(redis, use), ...findings.flat()]
}

/** Checks that the user of the URL may write, and that the Redis of the queues has room. */
export async function checkRedisWrites(queues: Pick<OpsQueues, 'findWriteRefusal'>): Promise<DoctorFinding> {
  const check = 'Redis: writes'
  const refusal = await queues.findWriteRefusal()
  if (refusal === null) return ok(check, 'it takes writes')
  return problem(
    check,
    `it refuses them: ${refusal}`,
    'OOM: raise maxmemory. READONLY: point its URL to the master. NOPERM: let its user write. MISCONF: free its disk',
  )
}

async function checkSlots(cluster: Cluster, { name }: Use): Promise<DoctorFinding> {
  const check = `${name}: cluster`
  const info = parseInfo(await cluster.cluster('INFO'))
  const { cluster_state: state = '?', cluster_slots_ok: served = '0', cluster_size: size = '0' } = info
  const fact = `${size} masters serve ${served} of 16384 slots`
  if (state === 'ok' && served === '16384') return ok(check, fact)
  return problem(check, `${fact}, state ${state}`, 'start the missing nodes, or let their replicas take over')
}

/**
 * Checks a Redis that answers: its version, eviction, memory, persistence and role. `mayEvict` says whether it only
 * serves the cache.
 */
async function checkRedis(redis: Redis, use: Use): Promise<DoctorFinding[]> {
  const info = await readInfo(redis).catch(() => null)
  if (info === null)
    return [
      unknown(
        use.name,
        'the user of its URL may not run INFO',
        'allow the command INFO, or look at the settings yourself',
      ),
    ]
  return [checkVersion(info, use), checkEviction(info, use), checkMemory(info, use), checkRole(info, use)].concat(
    use.mayEvict ? [] : [checkPersistence(info, use), await checkRedisDisk(redis, use.name)],
  )
}

async function readInfo(redis: Pick<Redis, 'info'>): Promise<Info> {
  return parseInfo(await redis.info())
}

function parseInfo(text: string): Info {
  return Object.fromEntries([...text.matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, name, value]) => [name, value]))
}

function checkVersion({ redis_version = '?', valkey_version }: Info, { name }: Use): DoctorFinding {
  const check = `${name}: version`
  const version = valkey_version ? `Valkey ${valkey_version}` : `Redis ${redis_version}`
  if (Number.parseInt(redis_version, 10) >= oldestVersion) return ok(check, version)
  return problem(check, version, `use Redis ${oldestVersion} or newer, or Valkey`)
}

function checkEviction({ maxmemory, maxmemory_policy: policy }: Info, { name, mayEvict }: Use): DoctorFinding {
  const check = `${name}: eviction`
  const hasLimit = Number(maxmemory) > 0
  if (mayEvict && hasLimit && policy === 'noeviction')
    return warning(check, 'noeviction: a full cache stores nothing new', 'set maxmemory-policy allkeys-lru')
  if (!mayEvict && hasLimit && policy !== 'noeviction')
    return problem(check, `${policy}: jobs and locks may be evicted`, 'set maxmemory-policy noeviction')
  if (!hasLimit)
    return warning(
      check,
      'no memory limit: the host may end it when memory is short',
      'set maxmemory below the memory of the host',
    )
  return ok(check, String(policy))
}

function checkMemory({ maxmemory, used_memory, used_memory_human }: Info, { name, mayEvict }: Use): DoctorFinding {
  const check = `${name}: memory`
  const share = Number(maxmemory) > 0 ? Number(used_memory) / Number(maxmemory) : 0
  const fact = `${used_memory_human} used, ${Math.round(share * 100)} % of its limit`
  if (mayEvict || share <= maxMemoryShare) return ok(check, fact)
  return warning(check, fact, 'raise maxmemory, start workers, or give the cache a Redis of its own (CACHE_REDIS_URL)')
}

function checkRole({ role, master_host, master_port }: Info, { name }: Use): DoctorFinding {
  const check = `${name}: role`
  if (role === 'master') return ok(check, 'master')
  return problem(
    check,
    `a replica of ${master_host}:${master_port}, which refuses writes`,
    'point its URL to the master',
  )
}

function checkPersistence(info: Info, { name }: Use): DoctorFinding {
  const check = `${name}: persistence`
  if (info.rdb_last_bgsave_status === 'err' || info.aof_last_write_status === 'err')
    return problem(check, 'its last write to disk failed', 'free space on its disk, and read its log')
  if (info.aof_enabled === '1') return ok(check, 'append-only file')
  const saved = Number(info.rdb_last_save_time)
  return ok(
    check,
    `snapshots, the last one ${new Date(saved * 1_000).toISOString()}; lost jobs come back from Postgres`,
  )
}
