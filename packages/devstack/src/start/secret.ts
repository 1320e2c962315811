import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

/** Equals `developmentSecretPrefix` of the config package, which loads slowly. Production refuses such a secret. */
const prefix = 'dev-only-'

/** Returns a secret of this data folder: 32 random bytes in base64url behind the prefix. Creates it at first use. */
export function developmentSecret(file: string): string {
  try {
    const secret = `${prefix}${randomBytes(32).toString('base64url')}`
    writeFileSync(file, secret, { flag: 'wx', mode: 0o600 })
    return secret
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return readFileSync(file, 'utf8').trim()
    throw error
  }
}
