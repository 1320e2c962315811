import { type EntityKind, generationKey } from '../layout.ts'
import type { CacheRedis } from '../redis/connect.ts'
import { parseEntry } from './entries.ts'

type Stored = { kind: EntityKind; id: string }

/** Version, lease token and generation are shorter than this. */
const headLength = 255

/**
 * Returns the version that the cache would serve for each entity, in their order. Null means that it would serve none:
 * there is no entry, or it names another generation. Rejects when Redis does not answer.
 */
export async function readStoredVersions(
  { redis, prefix }: { redis: CacheRedis; prefix: string },
  entities: readonly Stored[],
): Promise<(number | null)[]> {
  const [generation, ...heads] = await Promise.all([
    redis.get(`${prefix}:${generationKey}`),
    ...entities.map(({ kind, id }) => redis.getrange(`${prefix}:${kind}:${id}`, 0, headLength)),
  ])
  return heads.map((head) => {
    const entry = parseEntry(head)
    return entry.generation === generation ? entry.version : null
  })
}
