import { createHmac, timingSafeEqual } from 'node:crypto'

/**
 * The pages that links in mails lead to, below the address of the API. The token is in the query, because the log of
 * requests leaves the query out.
 */
export const linkPaths = { confirm: '/mail/confirm', unsubscribe: '/mail/unsubscribe' } as const

/** The purpose is part of the signature, so a token of one kind is none of the other. */
type Purpose = keyof typeof linkPaths

/** Returns the address of a link. `publicUrl` has no slash at its end. */
export const linkUrl = (publicUrl: string, purpose: Purpose, token: string) =>
  `${publicUrl}${linkPaths[purpose]}?token=${token}`

/** 128 bits: a token is only ever compared by the service. */
const signatureBytes = 16

/**
 * Makes and reads the tokens in links. A token is a payload and its signature, so no table holds a secret of it: the
 * database alone does not suffice to make one.
 * @param keys the keys of `SECRETS_KEY`: the first one signs, and all of them are accepted
 * @returns undefined without a key
 */
export const createLinkTokens = (keys: readonly Buffer[]): LinkTokens | undefined =>
  keys[0] && createTokens(keys[0], keys)

export type LinkTokens = ReturnType<typeof createTokens>

function createTokens(signingKey: Buffer, keys: readonly Buffer[]) {
  const signWith = (key: Buffer, purpose: Purpose, payload: string) =>
    createHmac('sha256', key).update(`goals-tasks link ${purpose} ${payload}`).digest().subarray(0, signatureBytes)

  const tokenOf = (purpose: Purpose, payload: string) =>
    `${payload}.${signWith(signingKey, purpose, payload).toString('base64url')}`

  /** Returns the payload of a token, or undefined when its signature is wrong. */
  function payloadOf(purpose: Purpose, token: string): string | undefined {
    const dot = token.lastIndexOf('.')
    const payload = token.slice(0, Math.max(dot, 0))
    const given = Buffer.from(token.slice(dot + 1), 'base64url')
    if (given.length !== signatureBytes) return undefined
    return keys.some((key) => timingSafeEqual(given, signWith(key, purpose, payload))) ? payload : undefined
  }

  return {
    /** Returns the token that confirms an address. `confirmationId` is a UUID in lower case. */
    confirmation: (confirmationId: string) => tokenOf('confirm', compact(confirmationId)),
    /** Returns the id in a token that confirms an address, or undefined. */
    parseConfirmation(token: string): string | undefined {
      const payload = payloadOf('confirm', token)
      return payload === undefined ? undefined : toUuid(payload)
    },
    /** Returns the token that turns mails of one kind off, or of `all`. It does not expire: mails are read late. */
    unsubscription: (userId: string, kind: string) => tokenOf('unsubscribe', `${compact(userId)}.${kind}`),
    /** Returns the user and the kind in a token that turns mails off, or undefined. */
    parseUnsubscription(token: string): { userId: string; kind: string } | undefined {
      const [id = '', kind = ''] = payloadOf('unsubscribe', token)?.split('.') ?? []
      return id === '' ? undefined : { userId: toUuid(id), kind }
    },
  }
}

/** Returns the 22 characters of a UUID in base64url. */
const compact = (uuid: string) => Buffer.from(uuid.replaceAll('-', ''), 'hex').toString('base64url')
const toUuid = (text: string) =>
  Buffer.from(text, 'base64url')
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
