import { lookup as lookUp } from 'node:dns/promises'
import ipaddr from 'ipaddr.js'

/** Names that stand for networks, as in TRUST_PROXY. */
const namedNetworks: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
}

/** Resolves a host name to all of its addresses. @throws when it cannot */
export type Lookup = (hostname: string) => Promise<readonly string[]>

const lookupTimeoutMs = 3_000

/** Asks the resolver of the system, which also reads /etc/hosts. A request waits no longer than the limit. */
const lookUpAll: Lookup = async (hostname) => {
  const answers = await Promise.race([lookUp(hostname, { all: true }), failIn(lookupTimeoutMs)])
  return answers.map(({ address }) => address)
}

const failIn = (ms: number) =>
  new Promise<never>((_, reject) => setTimeout(() => reject(new Error('the resolver does not answer')), ms).unref())

/**
 * Returns whether requests to the address may leave this installation: the address is public, or lies in one of
 * `allowedNetworks` (addresses, CIDR networks, and the names `loopback`, `linklocal` and `uniquelocal`).
 * An IPv6 address that contains an IPv4 address counts as that one when it is IPv4-mapped, and else as private.
 */
export function isAddressAllowed(address: string, allowedNetworks: readonly string[]): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.process(address)
  return isPublic(parsed) || allowedNetworks.flatMap(expandName).some((network) => isWithin(parsed, network))
}

const globalUnicast: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3]

/** Outside of 2000::/3, ipaddr.js also calls addresses unicast that contain an IPv4 address (::7f00:1). */
const isPublic = (address: ipaddr.IPv4 | ipaddr.IPv6): boolean =>
  address.range() === 'unicast' && (address instanceof ipaddr.IPv4 || address.match(...globalUnicast))

const expandName = (network: string): readonly string[] => namedNetworks[network] ?? [network]

function isWithin(address: ipaddr.IPv4 | ipaddr.IPv6, network: string): boolean {
  const [base, bits] = network.includes('/') ? ipaddr.parseCIDR(network) : [ipaddr.parse(network), undefined]
  if (base.kind() !== address.kind()) return false
  return address.match([base, bits ?? base.toByteArray().length * 8])
}

const notPublic = 'must name a host on the public internet'

/**
 * Finds the reason why no request may go to `url`: one of the addresses of its host is not allowed. A host whose name
 * cannot be resolved now has no address, so it has no problem. Check again with the address that a request connects to.
 * @returns a text that follows the name of the field, without the address, which may be a secret of the network
 */
export async function findAddressProblem(
  url: string,
  allowedNetworks: readonly string[],
  lookup: Lookup = lookUpAll,
): Promise<string | undefined> {
  const host = URL.parse(url)?.hostname.replace(/^\[(.*)\]$/, '$1')
  if (!host) return 'must be an absolute URL'
  const addresses = addressesIn(host) ?? (await lookup(host).catch(() => []))
  return addresses.every((address) => isAddressAllowed(address, allowedNetworks)) ? undefined : notPublic
}

/** Returns the addresses that a host names without a look-up. `localhost` is always this machine (RFC 6761). */
function addressesIn(host: string): readonly string[] | undefined {
  if (/(^|\.)localhost\.?$/.test(host)) return ['127.0.0.1', '::1']
  return ipaddr.isValid(host) ? [host] : undefined
}
