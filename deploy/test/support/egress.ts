import { type Manifest, ofKind } from './render.ts'
import { podLabels, selects } from './selectors.ts'

/** Returns the ports to which the policies let a pod connect. */
export function portsOpenTo(pod: Manifest, manifests: readonly Manifest[]): Set<number> {
  const rules = ofKind(manifests, 'NetworkPolicy').filter((policy) => selects(policy, podLabels(pod)))
  const ports = rules.flatMap(({ spec }) => spec.egress ?? []).flatMap((rule) => rule.ports ?? [])
  return new Set(ports.map(({ port }: { port: number }) => port))
}
