import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

/**
 * Encrypts secrets at rest with AES-256-GCM. `context` binds a sealed secret to its row: with another context it does
 * not open.
 */
export type Sealer = {
  /** Encrypts with the first key. */
  seal(secret: Buffer, context: string): Buffer
  /** Decrypts with any of the keys. @throws Error when no key fits, or when the bytes or the context were changed */
  open(sealed: Buffer, context: string): Buffer
  /** Returns whether the first key sealed it. */
  isCurrent(sealed: Buffer): boolean
}

/*
 * Sealed bytes: 1 byte format, 4 bytes id of the key, 12 bytes nonce, the ciphertext, 16 bytes tag.
 */
const format = 1
const headBytes = 5
const nonceBytes = 12
const tagBytes = 16

/** The first bytes of the SHA-256 of a key. They name the key and do not reveal it. */
const idOf = (key: Buffer): Buffer => createHash('sha256').update(key).digest().subarray(0, 4)

/**
 * Creates a sealer. A rotation puts the new key first, keeps the old one behind it until every secret is sealed again,
 * and then drops it.
 * @param keys of 32 bytes each, one or more
 */
export function createSealer(keys: readonly Buffer[]): Sealer {
  const byId = new Map(keys.map((key) => [idOf(key).toString('hex'), key]))
  const [first] = keys
  if (!first) throw new Error('a sealer needs a key')
  const head = Buffer.concat([Buffer.of(format), idOf(first)])
  return {
    seal(secret, context) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', first, nonce).setAAD(boundTo(head, context))
      return Buffer.concat([head, nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()])
    },
    open(sealed, context) {
      const key = byId.get(sealed.subarray(1, headBytes).toString('hex'))
      if (sealed[0] !== format || !key) throw new Error('SECRETS_KEY does not contain the key of this secret')
      return decrypt(key, sealed, context)
    },
    isCurrent: (sealed) => sealed.subarray(0, headBytes).equals(head),
  }
}

function decrypt(key: Buffer, sealed: Buffer, context: string): Buffer {
  const nonce = sealed.subarray(headBytes, headBytes + nonceBytes)
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
    .setAAD(boundTo(sealed.subarray(0, headBytes), context))
    .setAuthTag(sealed.subarray(-tagBytes))
  return Buffer.concat([decipher.update(sealed.subarray(headBytes + nonceBytes, -tagBytes)), decipher.final()])
}

const boundTo = (head: Buffer, context: string) => Buffer.concat([head, Buffer.from(context)])
