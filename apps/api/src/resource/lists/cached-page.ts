import type { ListPage } from '@goals-tasks/cache'
import type { Deps } from '../../deps.ts'

type ListQuery = Parameters<Deps['cache']['readList']>[0]

/**
 * Reads a page of a list, the first page through the cache. Later pages are rarely read twice, so caching them would
 * only evict other entries. Pages with deleted rows change without an event when the retention ends, so the cache does
 * not keep them.
 * `variant` holds everything that the page depends on, and `holder` is the user who reads it.
 */
export const readPage = (
  cache: Deps['cache'],
  { group, variant, holder }: { group: ListQuery['groups'][0]; variant: unknown; holder: string },
  { cursor, deleted = 'exclude' }: { cursor?: string; deleted?: string },
  load: () => Promise<ListPage>,
): Promise<ListPage> =>
  cursor === undefined && deleted === 'exclude'
    ? cache.readList({ groups: [group], variant: JSON.stringify(variant), holder }, load)
    : load()
