import { InvalidArgumentError } from 'commander'

/** Returns a parser of integers within the bounds, both included. The parser throws InvalidArgumentError. */
export const integerBetween =
  (minimum: number, maximum: number) =>
  (text: string): number => {
    const number = Number(text)
    if (Number.isInteger(number) && number >= minimum && number <= maximum) return number
    throw new InvalidArgumentError(`Expected an integer from ${minimum} to ${maximum}.`)
  }
