/** Refuses a call before anything of it was sent, so it may be repeated later. */
export class Overloaded extends Error {
  override name = 'Overloaded'
}
