import { InvalidArgumentError } from 'commander'

/** Returns a parser of texts up to this length that are not blank. The parser throws InvalidArgumentError. */
export const textUpTo =
  (maxLength: number) =>
  (text: string): string => {
    if (text.trim().length > 0 && text.length <= maxLength) return text
    throw new InvalidArgumentError(`Expected a text of 1 to ${maxLength} characters.`)
  }
