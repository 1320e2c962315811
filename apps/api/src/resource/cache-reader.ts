import type { Caller } from '../deps.ts'

/**
 * As whom a caller reads past and out of the cache. One user with the scope `admin` and without it are two: they do not get
 * the same answer, so neither may join the other's read.
 */
export const cacheReader = ({ id, admin }: Caller): string => (admin ? `${id} as admin` : id)
