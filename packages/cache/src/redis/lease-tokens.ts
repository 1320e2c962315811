import { randomBytes } from 'node:crypto'

/** Makes values that no process ever made before: a random start and a counter. They hold no space and no comma. */
export function createMarks(): () => string {
  const start = randomBytes(12).toString('base64url')
  let made = 0
  return () => `${start}.${(made++).toString(36)}`
}
