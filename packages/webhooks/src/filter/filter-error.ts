/** A filter that is no expression of the language. The message names the place, counted in characters from 1. */
export class FilterError extends Error {
  readonly position: number

  constructor(position: number, reason: string) {
    super(`at character ${position}: ${reason}`)
    this.name = 'FilterError'
    this.position = position
  }
}
