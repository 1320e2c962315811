import { namesOf, type Peer } from './ingress.ts'
import { type Manifest, ofKind } from './render.ts'
import { podLabels, selects } from './selectors.ts'

type Block = { cidr: string; except?: string[] }
type Rule = { to?: (Peer & { ipBlock?: Block })[]; ports?: { protocol?: string; port: number }[] }

/** A rule without ports opens all of them, so it counts as one that no table has. */
const everyPort = [{ protocol: 'any', port: 0 }]

/** Returns the rules that let a pod connect. A policy that is not for egress has none, whatever stands in it. */
const rulesOf = (pod: Manifest, manifests: readonly Manifest[]): Rule[] =>
  ofKind(manifests, 'NetworkPolicy')
    .filter((policy) => policy.spec.policyTypes.includes('Egress') && selects(policy, podLabels(pod)))
    .flatMap(({ spec }) => spec.egress ?? [])

/** Returns the ports to which the policies let a pod connect. */
export const portsOpenTo = (pod: Manifest, manifests: readonly Manifest[]): Set<number> =>
  new Set(rulesOf(pod, manifests).flatMap(({ ports = everyPort }) => ports.map(({ port }) => port)))

/**
 * Returns the peers to which the policies let a pod connect, by port, such as `TCP 443`: other pods by their names,
 * namespaces, and networks. A rule without peers leads `everywhere`.
 */
export function peersOf(pod: Manifest, manifests: readonly Manifest[]): Record<string, string[]> {
  const peers: Record<string, string[]> = {}
  for (const { to, ports = everyPort } of rulesOf(pod, manifests)) {
    const names = to?.flatMap((peer) => (peer.ipBlock ? [nameOfBlock(peer.ipBlock)] : namesOf(peer, manifests)))
    for (const { protocol = 'TCP', port } of ports) {
      const key = `${protocol} ${port}`
      peers[key] = [...new Set([...(peers[key] ?? []), ...(names ?? ['everywhere'])])].sort()
    }
  }
  return peers
}

const nameOfBlock = ({ cidr, except = [] }: Block) => [cidr, ...except.toSorted()].join(' without ')
