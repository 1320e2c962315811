import { type SQL, sql } from 'drizzle-orm'
import { uuidList } from '../engine/parameters.ts'

/** A delivery of a consumer: `id` is the event's. A delivery without a target has the consumer itself as its target. */
export type DeliveryKey = { id: string; target?: string | undefined }

/** Returns one text per delivery of a consumer. */
export const textOf = ({ id, target = '' }: DeliveryKey): string => `${id}${target}`

/** The delivery is one of `keys`. The ids come first, because the primary key leads to them. */
export const isOneOf = (keys: readonly DeliveryKey[]): SQL =>
  sql`event_id = any(${uuidList(keys.map(({ id }) => id))}) and ${keyText} = any(${texts(keys)})`
/** The delivery is none of `keys`. */
export const isNoneOf = (keys: readonly DeliveryKey[]): SQL => sql`${keyText} <> all(${texts(keys)})`

const keyText = sql`event_id::text || target`
const texts = (keys: readonly DeliveryKey[]) => sql`${sql.param(keys.map(textOf))}::text[]`
