import type { EntityKind, Loaded } from '@goals-tasks/cache'
import { notFound } from '@goals-tasks/http'
import type { Deps } from '../deps.ts'
import type { Actor } from './actor.ts'

/**
 * Reads an entity through the cache. `load` asks Postgres and returns the text, and the ids of all users who get
 * exactly this text. Other users are looked up each time.
 * @throws Problem 404 when neither has it
 */
export async function readThroughCache(
  { cache }: Deps,
  actor: Actor,
  kind: EntityKind,
  id: string,
  load: () => Promise<Loaded>,
): Promise<Loaded> {
  const found = await cache.readEntity(kind, id.toLowerCase(), readerOf(actor), load)
  if (!found) throw notFound(kind)
  return found
}

/**
 * Names the reader for the cache. One user with and without the scope `admin` counts as two readers: they get different
 * responses, so neither may join the load of the other.
 */
const readerOf = ({ id, admin }: Actor): string => (admin ? `${id} as admin` : id)
