import { type SQL, sql } from 'drizzle-orm'

/** Returns the placeholder `name` as a uuid. */
export const uuid = (name: string): SQL => sql`${sql.placeholder(name)}::uuid`
/** Returns the placeholder `name` as a uuid[]. */
export const uuids = (name: string): SQL => sql`${sql.placeholder(name)}::uuid[]`

/** Returns the value `ids` as a uuid[]. */
export const uuidList = (ids: readonly string[]): SQL => sql`${sql.param(ids)}::uuid[]`
/** Returns the value `ms` as an interval. */
export const milliseconds = (ms: number): SQL => sql`${ms}::float8 * interval '1 millisecond'`
