import { type Program, type Span, Visitor } from 'oxc-parser'
import type { Passage } from './passage.ts'
import { splitName } from './split-name.ts'

/** Returns each identifier that the file declares, at its first use. Imported names belong to another file. */
export function readNames(program: Program, lineAt: (offset: number) => number): Passage[] {
  const names = new Map<string, Passage>()
  const keys = new Set<number>()
  const foreign = new Set<number>()
  const imported = new Set<string>()
  const own = (node: { computed?: boolean; key: Span }) => {
    if (!node.computed) keys.add(node.key.start)
  }
  const add = ({ name, start }: Span & { name: string }) => {
    const kind = keys.has(start) ? 'key' : 'name'
    if (foreign.has(start) || imported.has(name) || names.has(`${kind} ${name}`)) return
    names.set(`${kind} ${name}`, { kind, text: splitName(name), lineAt: () => lineAt(start) })
  }
  new Visitor({
    ImportSpecifier({ imported: there, local }) {
      foreign.add(there.start)
      if (there.start === local.start) imported.add(local.name)
    },
    MemberExpression({ computed, property }) {
      if (!computed) foreign.add(property.start)
    },
    TSQualifiedName({ right }) {
      foreign.add(right.start)
    },
    ObjectPattern({ properties }) {
      for (const property of properties) if (property.type === 'Property') foreign.add(property.key.start)
    },
    Property: own,
    MethodDefinition: own,
    PropertyDefinition: own,
    TSPropertySignature: own,
    TSMethodSignature: own,
    Identifier: add,
    PrivateIdentifier: add,
  }).visit(program)
  return [...names.values()]
}
