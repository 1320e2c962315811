import Type from 'typebox'
import { Id, Instant } from './schemas.ts'

/** A full synchronisation with an external system. */
export const SyncRun = Type.Object(
  { id: Id, userId: Id, createdAt: Instant },
  { title: 'SyncRun', additionalProperties: false },
)
