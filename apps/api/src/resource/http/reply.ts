import { etag, viewTag } from '@goals-tasks/http'
import type { StoredResponse } from '../idempotency.ts'
import type { EntityText } from '../optimistic-change.ts'

/** The body of a read with its entity tag. `next` is the cursor of the next page of a list. */
export type Representation = { text: string; tag: string; next: string | null }

/** An entity with its version as a strong tag. */
export const entity = ({ text, version }: EntityText): Representation => ({ text, tag: etag(version), next: null })

/** A body that is not a plain entity, with a weak tag of its text. */
export const view = (text: string): Representation => ({ text, tag: viewTag(text), next: null })

/** Returns the response to a write: the entity's text as it came from Postgres, with its version as the ETag. */
export const entityResponse = (
  { text, version, rebased }: EntityText,
  status = 200,
  headers: Record<string, string> = {},
): StoredResponse => ({
  status,
  headers: {
    'content-type': 'application/json; charset=utf-8',
    etag: etag(version),
    ...(rebased ? { 'preference-applied': 'handling=lenient' } : {}),
    ...headers,
  },
  body: text,
})

/** Returns the response to a write whose result has no version. */
export const jsonResponse = (body: string): StoredResponse => ({
  status: 200,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body,
})

/** Returns the response to a write whose effect follows later. */
export const acceptedResponse = (body: string): StoredResponse => ({ ...jsonResponse(body), status: 202 })

export const noContent: StoredResponse = { status: 204, headers: {}, body: '' }
