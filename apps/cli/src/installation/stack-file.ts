import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from '@goals-tasks/config'
import Type, { type Static, type TSchema } from 'typebox'
import { Value } from 'typebox/value'

export const dataDir = Type.String({ default: '.data', description: 'where `start` keeps its data' })

/**
 * What `start` tells of the service that it runs, for as long as it runs it.
 * @throws ConfigError: `problem`, why the file cannot be read, and the `wayOut`
 */
export function readStackFile<S extends TSchema>(
  folder: string,
  schema: S,
  { problem, wayOut }: { problem: string; wayOut: string },
): Static<S> {
  try {
    return Value.Parse(schema, JSON.parse(readFileSync(join(folder, 'stack.json'), 'utf8')))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ConfigError([`${problem}: is \`start\` running (${reason})? ${wayOut}`])
  }
}
