import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { repository } from './bundle.ts'

type Container = {
  name: string
  image: string
  imagePullPolicy?: string
  args?: string[]
  env?: { name: string; value: string }[]
  envFrom?: { configMapRef?: { name: string }; secretRef?: { name: string; optional?: boolean } }[]
  ports?: { name: string; containerPort: number }[]
  readinessProbe?: { periodSeconds: number; failureThreshold: number }
  securityContext?: Record<string, unknown>
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[]
  resources?: { requests: Record<string, string>; limits: Record<string, string> }
}
export type PodSpec = {
  terminationGracePeriodSeconds: number
  automountServiceAccountToken?: boolean
  securityContext?: Record<string, unknown>
  topologySpreadConstraints?: { topologyKey: string; labelSelector: { matchLabels: Record<string, string> } }[]
  initContainers?: Container[]
  containers: Container[]
  volumes?: { name: string; configMap?: { name: string } }[]
}
/** An object of Kubernetes. Its members depend on its kind. */
export type Manifest = {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace?: string; labels?: Record<string, string> }
  // biome-ignore lint/suspicious/noExplicitAny: Each kind has another form, which the schemas check.
  spec?: any
  data?: Record<string, string>
}

export const overlays = ['small', 'production'] as const
export type Overlay = (typeof overlays)[number]

/** The reason why this machine cannot render the manifests, or undefined. */
export const cannotRender = (() => {
  try {
    execFileSync('kubectl', ['kustomize', '--help'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'kubectl is not installed, so nothing renders the manifests'
  }
})()

/** Renders an overlay with `kubectl kustomize`, which needs no cluster. */
export const render = (overlay: Overlay): Manifest[] =>
  renderFolder(join(repository, 'deploy/kubernetes/overlays', overlay))

/** Renders an overlay with a component that it does not name. */
export const renderWith = (overlay: Overlay, component: string): Manifest[] =>
  renderMore(overlay, { components: [`../../kubernetes/components/${component}`] })

/** Renders an overlay with more members of a kustomization. */
export function renderMore(overlay: Overlay, more: object): Manifest[] {
  const folder = mkdtempSync(join(import.meta.dirname, '../.generated-'))
  const kustomization = { resources: [`../../kubernetes/overlays/${overlay}`], ...more }
  try {
    writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization))
    return renderFolder(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function renderFolder(folder: string): Manifest[] {
  const text = execFileSync('kubectl', ['kustomize', folder], { encoding: 'utf8' })
  return parseAllDocuments(text).map((document) => withoutLineBreaks(document.toJS()))
}

/** Kustomize breaks the lines of a long secret, which Kubernetes accepts and the schema does not. */
function withoutLineBreaks(manifest: Manifest): Manifest {
  if (manifest.kind !== 'Secret') return manifest
  const data = Object.entries(manifest.data ?? {}).map(([name, value]) => [name, value.replaceAll(/\s/g, '')])
  return { ...manifest, data: Object.fromEntries(data) }
}

/** Returns the objects of a kind. */
export const ofKind = (manifests: readonly Manifest[], ...kinds: string[]): Manifest[] =>
  manifests.filter(({ kind }) => kinds.includes(kind))

/** Returns the template of the pods that an object starts. The one of a CronJob stands in its Job. */
export const templateOf = ({ spec }: Manifest): { metadata: { labels: Record<string, string> }; spec: PodSpec } =>
  (spec.jobTemplate?.spec ?? spec).template

export const podOf = (manifest: Manifest): PodSpec => templateOf(manifest).spec

/** Returns the containers of a pod, those that run before the others first. */
export const containersOf = ({ initContainers = [], containers }: PodSpec) => [...initContainers, ...containers]

/** Returns the environment of the first container: what its ConfigMap and its own variables set. */
export function environmentOf(manifests: readonly Manifest[], manifest: Manifest): Record<string, string> {
  const [container] = podOf(manifest).containers
  const maps = container?.envFrom?.flatMap(({ configMapRef }) => configMapRef?.name ?? []) ?? []
  const settings = ofKind(manifests, 'ConfigMap').filter(({ metadata }) => maps.includes(metadata.name))
  const own = container?.env?.map(({ name, value }) => [name, value]) ?? []
  return Object.assign({}, ...settings.map(({ data }) => data), Object.fromEntries(own))
}
