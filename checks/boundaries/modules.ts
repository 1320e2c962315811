import { globSync, readFileSync } from 'node:fs'
import { join, posix, sep } from 'node:path'
import { type ParseResult, parseSync, type Span, Visitor } from 'oxc-parser'
import { linesOf } from '../language/lines.ts'

export type Import = {
  /** The importing file, from the root of the repository. */
  from: string
  /** The imported file, from the root, or the name of a package. */
  to: string
  line: number
  /** Says that the import is an `import('…')` inside a type. */
  inType: boolean
}

export type Module = { path: string; lines: number; imports: Import[] }

/** Reads the modules of all apps and packages. Type-only imports, re-exports and `import()` count as imports. */
export const readModules = (root: string): Module[] =>
  globSync('{apps,packages}/**/*.{ts,js}', { cwd: root, exclude: ['**/node_modules/**'] })
    .map((path) => path.replaceAll(sep, '/'))
    .sort()
    .map((path) => readModule(path, readFileSync(join(root, path), 'utf8')))

function readModule(path: string, source: string): Module {
  const parsed = parseSync(path, source)
  const lineAt = linesOf(source)
  const read = (inType: boolean) => (request: Span) => ({
    from: path,
    to: resolve(path, source.slice(request.start + 1, request.end - 1)),
    line: lineAt(request.start),
    inType,
  })
  const imports = [...requestsOf(parsed).map(read(false)), ...typeRequestsOf(parsed).map(read(true))]
  return { path, lines: source.split('\n').length - 1, imports }
}

const requestsOf = ({ module }: ParseResult): Span[] => [
  ...module.staticImports.map(({ moduleRequest }) => moduleRequest),
  ...module.staticExports.flatMap(({ entries }) => entries.flatMap(({ moduleRequest }) => moduleRequest ?? [])),
  ...module.dynamicImports.map(({ moduleRequest }) => moduleRequest),
]

function typeRequestsOf({ program }: ParseResult): Span[] {
  const requests: Span[] = []
  new Visitor({
    TSImportType({ source }) {
      requests.push(source)
    },
  }).visit(program)
  return requests
}

const resolve = (path: string, specifier: string): string =>
  specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : specifier
