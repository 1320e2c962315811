import type { ListPage } from '@goals-tasks/cache'
import type { Deps } from '../../deps.ts'

type ListGroup = Parameters<Deps['cache']['readList']>[0][0]

/**
 * A page of a list: the first one out of the cache. The later ones are asked for once, as a rule, and keeping them would only
 * push out what is asked for again. Nor are pages with what is deleted, which also change by the passing of time, without an
 * event. `variant` is all that the page depends on.
 */
export const readPage = (
  cache: Deps['cache'],
  group: ListGroup,
  variant: unknown,
  { cursor, deleted = 'exclude' }: { cursor?: string; deleted?: string },
  load: () => Promise<ListPage>,
): Promise<ListPage> =>
  cursor === undefined && deleted === 'exclude' ? cache.readList([group], JSON.stringify(variant), load) : load()
