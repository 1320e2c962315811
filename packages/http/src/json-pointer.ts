/** Returns one segment of a JSON pointer (RFC 6901). NUL characters and half surrogate pairs are left out. */
export const pointerSegment = (name: string): string =>
  name.toWellFormed().replaceAll('\0', '').replaceAll('~', '~0').replaceAll('/', '~1')
