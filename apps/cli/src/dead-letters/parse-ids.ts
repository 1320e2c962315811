import { InvalidArgumentError } from 'commander'
import { parseUuid } from '../parse-uuid.ts'

const maxIds = 1_000

/** Adds a UUID to the ones before it. @throws InvalidArgumentError */
export function parseIds(text: string, before: readonly string[] = []): string[] {
  if (before.length >= maxIds) throw new InvalidArgumentError(`Expected at most ${maxIds} ids.`)
  return [...before, parseUuid(text)]
}
