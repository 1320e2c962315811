/** Splits `deadLetter`, `dead_letter` and `dead-letter` into "dead letter". */
export const splitName = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .replace(/[_\-.$#]+/g, ' ')
    .trim()
    .toLowerCase()
