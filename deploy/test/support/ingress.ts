import { type Manifest, ofKind, podOf } from './render.ts'
import { namesOfMatches, podLabels, selects } from './selectors.ts'

export type Peer = {
  podSelector?: Parameters<typeof namesOfMatches>[0]
  namespaceSelector?: { matchLabels: Record<string, string> }
}
type Rule = { from?: Peer[]; ports?: { port: number | string }[] }

/**
 * Returns who may connect to each port of a pod: other pods by their names, and namespaces. A rule without peers or
 * without ports would open more than it names, so it counts as `everything`.
 */
export function sourcesOf(pod: Manifest, manifests: readonly Manifest[]): Record<string, string[]> {
  const policies = ofKind(manifests, 'NetworkPolicy').filter((policy) => selects(policy, podLabels(pod)))
  const sources: Record<string, string[]> = {}
  for (const { from = [{}], ports = [{ port: 'everything' }] } of policies.flatMap(
    ({ spec }): Rule[] => spec.ingress ?? [],
  ))
    for (const { port } of ports) {
      const number = portOf(pod, port)
      sources[number] = [...(sources[number] ?? []), ...from.flatMap((peer) => namesOf(peer, manifests))].sort()
    }
  return sources
}

/** Returns the names of a peer: the pods that it selects, or its namespace. */
export function namesOf({ podSelector, namespaceSelector }: Peer, manifests: readonly Manifest[]): string[] {
  if (podSelector && namespaceSelector) throw new Error('the tests know no peer with two selectors')
  if (podSelector) return namesOfMatches(podSelector, manifests)
  return [`namespace ${namespaceSelector?.matchLabels['kubernetes.io/metadata.name'] ?? 'of everything'}`]
}

/** Returns the number of a port of a pod, or what says that no container has this port. */
export function portOf(pod: Manifest, port: number | string): number | string {
  const known = podOf(pod).containers.flatMap(({ ports = [] }) => ports)
  const found = known.find(({ name, containerPort }) => name === port || containerPort === port)
  return found?.containerPort ?? `no container port ${port}`
}
