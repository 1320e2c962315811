import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Manifest } from './render.ts'

const packages: Record<string, string> = {
  'keda.sh/v1alpha1': '@kubernetes-models/keda',
  'monitoring.coreos.com/v1': '@kubernetes-models/prometheus-operator',
}

/** Returns the module with the type and the validator of an object. */
const moduleOf = ({ apiVersion, kind }: Manifest): string =>
  `${packages[apiVersion] ?? 'kubernetes-models'}/${apiVersion}/${kind}`

/**
 * Returns what the schemas of Kubernetes, KEDA and the operator of Prometheus refuse. The type checker finds unknown
 * members and wrong types: each object becomes a literal of the type that was generated from its schema. The validators
 * of the same packages check patterns, formats and limits.
 */
export async function schemaProblems(manifests: readonly Manifest[]): Promise<string[]> {
  const problems = await Promise.all([typeProblems(manifests), ...manifests.map(validatorProblems)])
  return problems.flat()
}

async function typeProblems(manifests: readonly Manifest[]): Promise<string[]> {
  // Below this folder, so that the type checker finds the packages.
  const folder = await mkdtemp(join(import.meta.dirname, '../.generated-'))
  try {
    const path = join(folder, 'manifests.ts')
    await writeFile(path, manifests.map(literalOf).join('\n'))
    const flags = ['--noEmit', '--skipLibCheck', '--module', 'nodenext', '--strict', '--ignoreConfig', path]
    await promisify(execFile)('tsc', flags)
    return []
  } catch (error) {
    return (error as { stdout: string }).stdout.trim().split('\n')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const literalOf = (manifest: Manifest, i: number): string =>
  `import type { I${manifest.kind} as Type${i} } from '${moduleOf(manifest)}'
export const object${i}: Type${i} = ${JSON.stringify(manifest)}`

async function validatorProblems(manifest: Manifest): Promise<string[]> {
  const { [manifest.kind]: Model } = await import(moduleOf(manifest))
  try {
    new Model(manifest).validate()
    return []
  } catch (error) {
    return [`${manifest.kind} ${manifest.metadata.name}: ${error instanceof Error ? error.message : error}`]
  }
}
