/** A component of a CycloneDX document, as `pnpm sbom` writes it. */
export type Component = {
  group?: string
  name: string
  version: string
  licenses?: { license?: { id?: string; name?: string }; expression?: string }[]
}

/** Licences of dependencies that the MIT licence of this repository goes with. */
const accepted = new Set([
  ...['0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'CC0-1.0', 'ISC', 'MIT', 'MIT-0'],
  ...['Python-2.0', 'Unlicense', 'Zlib'],
])

const own = '@goals-tasks'

/** Returns one message per dependency without a licence that is accepted. Packages of this repository have its own. */
export const licenseProblems = (components: readonly Component[]): string[] =>
  components
    .filter(({ group }) => group !== own)
    .flatMap((component) => {
      const licenses = licensesOf(component)
      if (licenses.length > 0 && licenses.every(isAccepted)) return []
      return [`${nameOf(component)}: ${licenses.join(', ') || 'no licence'}`]
    })

/** Returns how many dependencies have each licence, the most frequent first. */
export function countLicenses(components: readonly Component[]): [string, number][] {
  const groups = Map.groupBy(components.filter(({ group }) => group !== own).flatMap(licensesOf), (license) => license)
  return [...groups].map(([license, { length }]): [string, number] => [license, length]).sort((a, b) => b[1] - a[1])
}

const nameOf = ({ group, name, version }: Component) => `${group ? `${group}/` : ''}${name}@${version}`

const licensesOf = ({ licenses = [] }: Component): string[] =>
  licenses.map(({ license, expression }) => expression ?? license?.id ?? license?.name ?? '')

/** One licence of an OR suffices; an AND needs all. */
function isAccepted(expression: string): boolean {
  const inner = expression.replace(/^\((.*)\)$/, '$1')
  if (inner.includes(' OR ')) return inner.split(' OR ').some(isAccepted)
  return inner.split(' AND ').every((license) => accepted.has(license.trim()))
}
