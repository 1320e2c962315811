import { isUuid } from '@goals-tasks/config/uuid'
import { InvalidArgumentError } from 'commander'

/** Parses an argument that is a UUID, in lower case. @throws InvalidArgumentError */
export function parseUuid(text: string): string {
  if (isUuid(text)) return text.toLowerCase()
  throw new InvalidArgumentError('Expected a UUID, such as 00000000-0000-4000-8000-000000000001.')
}
