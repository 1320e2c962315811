import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

/** The mark by which production refuses such a secret: `developmentSecretPrefix` of the config package, which is slow to load. */
const PREFIX = 'dev-only-'

/** The signing key of this data folder, made at first use. */
export function developmentSecret(file: string): string {
  try {
    const secret = `${PREFIX}${randomBytes(32).toString('base64url')}`
    writeFileSync(file, secret, { flag: 'wx', mode: 0o600 })
    return secret
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return readFileSync(file, 'utf8').trim()
    throw error
  }
}
