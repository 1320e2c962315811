import { InvalidArgumentError } from 'commander'
import { parseUuid } from '../parse-uuid.ts'

const nilUuid = '00000000-0000-0000-0000-000000000000'

/** Parses the id of a user. The nil UUID stands for no user. @throws InvalidArgumentError */
export function parseUser(text: string): string {
  const user = parseUuid(text)
  if (user !== nilUuid) return user
  throw new InvalidArgumentError('The nil UUID stands for no user.')
}
