import { type LookupAddress, type LookupAllOptions, lookup as lookupByDns } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { Agent, buildConnector, request } from 'undici'

/** Returns whether a request may go to this IP address. */
export type IsAllowed = (address: string) => boolean

/** `lookup` of `node:dns`, as far as it is used: it returns every address of the host. */
export type LookupAll = (
  host: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

export type GuardedAgentOptions = { isAllowed: IsAllowed; lookup?: LookupAll; connectTimeoutMs?: number }

const maxHeaderBytes = 16_384

/**
 * Creates an agent that connects only to allowed addresses. It checks the address of each connection, so a host that
 * resolves to another address later is checked again. Node looks no IP literal up, so the agent checks those itself.
 * It follows no redirect. The caller bounds the requests at a time: with a limit per host, one webhook that hangs would
 * delay the others of its host.
 */
export function createGuardedAgent({ isAllowed, lookup = lookupByDns, connectTimeoutMs = 5_000 }: GuardedAgentOptions) {
  const connectChecked = buildConnector({ timeout: connectTimeoutMs, allowH2: false, lookup: guard(lookup, isAllowed) })
  return new Agent({
    allowH2: false,
    maxHeaderSize: maxHeaderBytes,
    connect(options, callback) {
      const address = options.hostname.replace(/^\[|\]$/g, '')
      if (isIP(address) !== 0 && !isAllowed(address)) callback(refusal(), null)
      else connectChecked(options, callback)
    },
  })
}

/** Looks every address of the host up and fails when one of them is not allowed. */
const guard =
  (lookup: LookupAll, isAllowed: IsAllowed): LookupFunction =>
  (host, options, callback) =>
    lookup(host, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? []
      if (error || !first) return callback(error ?? new Error(`${host} has no address`), '')
      if (!addresses.every(({ address }) => isAllowed(address))) return callback(refusal(), '')
      return options.all ? callback(null, addresses) : callback(null, first.address, first.family)
    })

/** `request` of the same package as the agent. */
export { request }

/** It does not name the address, which may be a secret of the network. */
const refusal = () => new Error('the address of the host is not allowed')
