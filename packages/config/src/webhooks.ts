import Type, { type Static } from 'typebox'
import { developmentSecretPrefix } from './connections.ts'
import { networks, splitList, textThat } from './formats.ts'

/** Returns the 32 bytes of a key in base64 or base64url, or undefined. A generated key has a prefix. */
function parseKey(text: string): Buffer | undefined {
  const encoded = text.startsWith(developmentSecretPrefix) ? text.slice(developmentSecretPrefix.length) : text
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(encoded)) return undefined
  return Buffer.from(encoded, 'base64')
}

const isKeyList = (text: string) => splitList(text).length > 0 && splitList(text).every((key) => parseKey(key))

/** The variables of the processes that manage webhooks or send to them. */
export const webhookVariables = Type.Object({
  SECRETS_KEY: Type.Optional(
    textThat(
      isKeyList,
      'must be 32 random bytes in base64 (`openssl rand -base64 32`), or several such keys, separated by commas',
      'key that encrypts the secrets of webhooks in Postgres and signs the links in mails: 32 bytes in base64; ' +
        'the same for all processes; several keys are separated by commas: the first is used and all are accepted; ' +
        'unset means no webhooks and no e-mail',
    ),
  ),
  WEBHOOK_ALLOW_NETWORKS: networks(
    'networks that webhooks may name though they are not public, separated by commas: ' +
      'addresses, networks, `loopback`, `linklocal` or `uniquelocal`; none by default',
  ),
})

type WebhookVariables = Static<typeof webhookVariables>
export type WebhookConfig = ReturnType<typeof readWebhookConfig>

/** Returns the problem of a key in production that `start` generated for development. */
export const webhookProblems = ({ NODE_ENV, SECRETS_KEY = '' }: WebhookVariables & { NODE_ENV: string }): string[] =>
  NODE_ENV === 'production' && splitList(SECRETS_KEY).some((key) => key.startsWith(developmentSecretPrefix))
    ? [
        `SECRETS_KEY begins with ${developmentSecretPrefix}: it was generated for development and is refused in ` +
          'production',
      ]
    : []

/** Returns the keys, the first of which encrypts, and the networks that are allowed beside the public ones. */
export const readWebhookConfig = (v: WebhookVariables) =>
  Object.freeze({
    secretsKeys: splitList(v.SECRETS_KEY ?? '').flatMap((key) => parseKey(key) ?? []),
    allowedNetworks: splitList(v.WEBHOOK_ALLOW_NETWORKS),
  })
