import { installationWebhookId, type OpenedWebhook, openWebhook } from '@goals-tasks/db'
import { compileFilter, createSealer, createSender, isAddressAllowed, type Sender } from '@goals-tasks/webhooks'
import type pg from 'pg'

/** The configuration of the sender. */
export type EndpointConfig = {
  /** The address that the operator set, and the secrets that sign requests to it. */
  url: string | undefined
  secrets: readonly string[]
  /** The keys that open the secrets of the users' webhooks, and the networks that those may reach. */
  secretsKeys: readonly Buffer[]
  allowedNetworks: readonly string[]
  /** How long a request may take. The default is the limit that the documentation names. */
  timeoutMs?: number
}

type Known = 'health' | 'disabledCause' | 'isPaused' | 'suspendedForMs' | 'isProbe'

/** A place that takes requests, with what a request to it needs. */
export type Endpoint = Pick<OpenedWebhook, 'id' | 'url' | Known> & {
  /** The user who must be a reader of the events. Null sees every event. */
  readerId: string | null
  secrets: readonly string[]
  matches: ReturnType<typeof compileFilter>
  post: Sender['post']
}

const matchesAll = () => true
const healthy: Pick<Endpoint, Known> = {
  ...{ health: 'healthy' as const, disabledCause: null },
  ...{ isPaused: false, suspendedForMs: 0, isProbe: false },
}

/** Returns a function that opens the endpoint of a target. It returns undefined when the target no longer has one. */
export function createEndpoints({ url, secrets, secretsKeys, allowedNetworks, ...limits }: EndpointConfig) {
  const timeLimit = limits.timeoutMs === undefined ? {} : { timeoutMs: limits.timeoutMs }
  // The operator chose the address of the installation, so it may be a private one.
  const anywhere = createSender({ isAllowed: () => true, ...timeLimit })
  const guarded = createSender({ isAllowed: (address) => isAddressAllowed(address, allowedNetworks), ...timeLimit })
  const sealer = secretsKeys.length > 0 ? createSealer(secretsKeys) : undefined

  async function openInstallation(pool: pg.Pool): Promise<Endpoint | undefined> {
    if (url === undefined) return undefined
    const row = await openWebhook(pool, installationWebhookId)
    const known = row ?? { id: installationWebhookId, ...healthy }
    return { ...known, readerId: null, url, secrets, matches: matchesAll, post: anywhere.post }
  }

  async function openOwned(pool: pg.Pool, id: string): Promise<Endpoint | undefined> {
    const row = await openWebhook(pool, id)
    if (!row || row.ownerId === null) return undefined
    if (!sealer) throw new Error('SECRETS_KEY is not set, so no request can be signed')
    const sealed = [row.secret, ...(row.previousSecret ? [row.previousSecret] : [])]
    return {
      ...row,
      readerId: row.ownerId,
      secrets: sealed.map((secret) => sealer.open(secret, id).toString()),
      matches: row.filter === null ? matchesAll : compileFilter(row.filter),
      post: guarded.post,
    }
  }

  return (pool: pg.Pool, target: string) => (target === '' ? openInstallation(pool) : openOwned(pool, target))
}
