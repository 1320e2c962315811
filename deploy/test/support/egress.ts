import { type Manifest, ofKind } from './render.ts'

/** Returns whether a policy selects a pod with these labels. */
export function selects({ spec }: Manifest, labels: Readonly<Record<string, string>>): boolean {
  const { matchLabels = {}, matchExpressions = [] } = spec.podSelector
  return (
    Object.entries(matchLabels).every(([name, value]) => labels[name] === value) &&
    matchExpressions.every(({ key, values }: { key: string; values: string[] }) => values.includes(labels[key] ?? ''))
  )
}

/** Returns the ports to which the policies let a pod connect. */
export function portsOpenTo(pod: Manifest, manifests: readonly Manifest[]): Set<number> {
  const { labels } = pod.spec.template.metadata
  const rules = ofKind(manifests, 'NetworkPolicy').filter((policy) => selects(policy, labels))
  const ports = rules.flatMap(({ spec }) => spec.egress ?? []).flatMap((rule) => rule.ports ?? [])
  return new Set(ports.map(({ port }: { port: number }) => port))
}
