import { ConfigError } from '@goals-tasks/config'
import { messageOf } from '@goals-tasks/config/message-of'
import { readStackFile } from '@goals-tasks/config/stack-file'
import Type, { type Static, type TSchema } from 'typebox'

export const dataDir = Type.String({ default: '.data', description: 'where `start` keeps its data' })

/**
 * Reads a part of `stack.json`, which describes the service that `start` runs.
 * @throws ConfigError with the `problem`, the reason why the file cannot be read, and the `wayOut`
 */
export function readStack<S extends TSchema>(
  folder: string,
  part: S,
  { problem, wayOut }: { problem: string; wayOut: string },
): Static<S> {
  try {
    return readStackFile(folder, part)
  } catch (cause) {
    throw new ConfigError([`${problem}: is \`start\` running (${messageOf(cause)})? ${wayOut}`])
  }
}
