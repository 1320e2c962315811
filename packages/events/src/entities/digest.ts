import Type, { type Static } from 'typebox'
import { Id } from './schemas.ts'

/** A mail that has several notifications. It has no address and no text, so no event keeps them. */
export const Digest = Type.Object({ id: Id, userId: Id }, { title: 'Digest', additionalProperties: false })
export type Digest = Static<typeof Digest>
