import { type Manifest, ofKind, templateOf } from './render.ts'

type Labels = Readonly<Record<string, string>>
type Selector = {
  matchLabels?: Labels
  matchExpressions?: { key: string; values?: string[] }[]
}

/** Returns whether a selector matches these labels. @throws Error for a comparison that no manifest has */
export function matches({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean {
  return (
    Object.entries(matchLabels).every(([name, value]) => labels[name] === value) &&
    matchExpressions.every(({ key, values = [], ...rest }) => {
      if (String(Object.values(rest)) !== 'In') throw new Error(`the tests know only In: ${JSON.stringify(rest)}`)
      return values.includes(labels[key] ?? '')
    })
  )
}

/** Returns whether a policy selects a pod with these labels. */
export const selects = ({ spec }: Manifest, labels: Labels): boolean => matches(spec.podSelector, labels)

/** Returns the objects that start pods. */
export const workloads = (manifests: readonly Manifest[]): Manifest[] =>
  ofKind(manifests, 'Deployment', 'Job', 'CronJob', 'StatefulSet')

/** Returns the labels of the pods that an object starts. */
export const podLabels = (manifest: Manifest): Labels => templateOf(manifest).metadata.labels

/** Returns the names of the objects whose pods a selector matches. */
export const namesOfMatches = (selector: Selector, manifests: readonly Manifest[]): string[] =>
  workloads(manifests)
    .filter((each) => matches(selector, podLabels(each)))
    .map(({ metadata }) => metadata.name)
    .sort()
