import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import Type, { type Static, type TSchema } from 'typebox'
import { Value } from 'typebox/value'

/** The content of `stack.json` in the data folder. `start` keeps it there while it runs, for the other commands. */
export const StackFile = Type.Object({
  pid: Type.Integer(),
  apiUrl: Type.String(),
  opsUrl: Type.String(),
  databaseUrl: Type.String(),
  redisUrl: Type.String(),
  /** Absent when `QUEUE_PREFIX` is not set. */
  queuePrefix: Type.Optional(Type.String()),
  /** The readiness URL of each process. */
  probes: Type.Record(Type.String(), Type.String()),
  /** The pid of each process. */
  processes: Type.Record(Type.String(), Type.Integer()),
})
export type StackFile = Static<typeof StackFile>

/**
 * Reads the part of the file that `schema` describes: `StackFile`, or a `Type.Pick` of it.
 * @throws when `start` does not run on this data folder, or the file lacks a property of the part
 */
export const readStackFile = <S extends TSchema>(folder: string, schema: S): Static<S> =>
  Value.Parse(schema, JSON.parse(readFileSync(join(folder, 'stack.json'), 'utf8')))
