import { readFileSync } from 'node:fs'

/** Returns the version of the repository, which all packages share. */
export function readVersion(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')
  return JSON.parse(text).version
}
