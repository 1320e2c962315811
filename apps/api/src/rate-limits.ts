import type { RatePolicy } from '@goals-tasks/cache'
import { isUuid } from '@goals-tasks/config/uuid'

/** The policies of a rate limit: by kind of sender, and those of single users and API keys by their id. */
export type RateLimits = {
  kinds: Partial<Record<SenderKind, RatePolicy>>
  overrides: ReadonlyMap<string, RatePolicy>
}

const senderKinds = ['key', 'user', 'address'] as const
type SenderKind = (typeof senderKinds)[number]

const entry = /^(?<who>[\w-]+)=(?<quota>[1-9]\d{0,8})\/(?<seconds>[1-9]\d{0,4})$/
const maxSeconds = 86_400

/** Returns one message per entry of `RATE_LIMITS` that is not valid. */
export function rateLimitProblems(entries: readonly string[]): string[] {
  const names = entries.map((each) => each.split('=')[0]?.toLowerCase() ?? '')
  return entries.flatMap((each, i) => {
    const problem = problemOf(each) ?? (names.indexOf(names[i] ?? '') < i ? 'names it twice' : undefined)
    return problem === undefined ? [] : [`RATE_LIMITS: entry ${i + 1} ${problem}`]
  })
}

function problemOf(text: string): string | undefined {
  const { who = '', seconds } = entry.exec(text)?.groups ?? {}
  if (seconds === undefined) return 'must look like user=600/60: a sender, a quota, and a window in seconds'
  if (Number(seconds) > maxSeconds) return `must have a window of at most ${maxSeconds} seconds`
  const isKnown = isKind(who) || isUuid(who.toLowerCase())
  return isKnown ? undefined : 'must begin with key, user, address, or the id of a user or an API key'
}

/** Reads the entries of `RATE_LIMITS`. Returns undefined without any: then nothing is limited. */
export function readRateLimits(entries: readonly string[]): RateLimits | undefined {
  if (entries.length === 0) return undefined
  const kinds: RateLimits['kinds'] = {}
  const overrides = new Map<string, RatePolicy>()
  for (const each of entries) {
    const { who = '', quota, seconds } = entry.exec(each)?.groups ?? {}
    const policy = { quota: Number(quota), windowMs: Number(seconds) * 1_000 }
    if (isKind(who)) kinds[who] = { name: who, ...policy }
    else overrides.set(who.toLowerCase(), { name: 'own', ...policy })
  }
  return { kinds, overrides }
}

const isKind = (text: string): text is SenderKind => (senderKinds as readonly string[]).includes(text)

/** The user, API key and address of a request. */
export type Identities = { userId?: string | undefined; keyId?: string | undefined; address: string }

/**
 * Returns the sender of a request and its policy: the API key, else the user, else the address. A key without a
 * policy counts as its user. Returns undefined when no policy applies.
 */
export function limitOf(
  { kinds, overrides }: RateLimits,
  { userId, keyId, address }: Identities,
): { sender: string; policy: RatePolicy } | undefined {
  const candidates = [
    { id: keyId, kind: kinds.key },
    { id: userId, kind: kinds.user },
  ]
  for (const { id, kind } of candidates) {
    const policy = id === undefined ? undefined : (overrides.get(id) ?? kind)
    if (id !== undefined && policy) return { sender: id, policy }
  }
  if (userId !== undefined || !kinds.address) return undefined
  return { sender: networkOf(address), policy: kinds.address }
}

/** Returns an IPv4 address, or the /64 network of an IPv6 address: one client has all addresses of such a network. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined || !address.includes(':')) return mapped ?? address
  const [head = '', tail] = address.toLowerCase().split('%')[0]?.split('::') ?? []
  const groups = head === '' ? [] : head.split(':')
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length)
  const all = [...groups, ...Array<string>(Math.max(0, missing)).fill('0'), ...(tail ? tail.split(':') : [])]
  return `${all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}
