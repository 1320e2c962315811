import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** How every API key begins. Scanners for leaked secrets look for it. */
export const keyPrefix = 'gtk_'

const format = /^gtk_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})_([0-9a-f]{64})([0-9a-f]{8})$/

/**
 * Creates an API key: `gtk_<id>_<secret><checksum>` in hexadecimal digits. The id is a UUID without hyphens, the secret
 * 32 random bytes, and the checksum the CRC-32 of everything before it.
 * @param id a UUID in lower case
 */
export function createKey(id: string): { key: string; secretHash: Buffer } {
  const secret = randomBytes(32)
  const text = `${keyPrefix}${id.replaceAll('-', '')}_${secret.toString('hex')}`
  return { key: text + checksumOf(text), secretHash: hashOf(secret) }
}

/** Returns the id and the SHA-256 of the secret, or undefined when the text is no key or its checksum is wrong. */
export function parseKey(key: string): { id: string; secretHash: Buffer } | undefined {
  const [, a, b, c, d, e, secret = '', checksum] = format.exec(key) ?? []
  if (checksum === undefined || checksumOf(key.slice(0, -8)) !== checksum) return undefined
  return { id: [a, b, c, d, e].join('-'), secretHash: hashOf(Buffer.from(secret, 'hex')) }
}

const checksumOf = (text: string) => crc32(text).toString(16).padStart(8, '0')
/** The secret has 256 random bits, so a fast hash is enough. */
const hashOf = (secret: Buffer) => createHash('sha256').update(secret).digest()
