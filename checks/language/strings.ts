import { type Expression, type Program, type TemplateLiteral, Visitor } from 'oxc-parser'
import { blankCode, type Passage } from './passage.ts'

type Span = { start: number; end: number }

/**
 * Returns each string and template, except the paths of imports.
 * The first argument of `test` or `describe` is a test name.
 */
export function readStrings(source: string, program: Program, lineAt: (offset: number) => number): Passage[] {
  const passages: Passage[] = []
  const testNames = new Set<number>()
  const paths = new Set<number>()
  const add = ({ start, end }: Span, text: string) => {
    const kind = testNames.has(start) ? 'test name' : 'string'
    if (!paths.has(start) && end - start > 2) passages.push({ kind, text, lineAt: (index) => lineAt(start + index) })
  }
  const skip = (node: { source: Span | null }) => node.source && paths.add(node.source.start)
  new Visitor({
    ImportDeclaration: skip,
    ImportExpression: skip,
    ExportAllDeclaration: skip,
    ExportNamedDeclaration: skip,
    CallExpression({ callee, arguments: [first] }) {
      if (first && isTest(callee)) testNames.add(first.start)
    },
    Literal(node) {
      if (typeof node.value === 'string') add(node, prose(source.slice(node.start, node.end)))
    },
    TemplateLiteral(node) {
      add(node, prose(blankExpressions(source, node)))
    },
  }).visit(program)
  return passages
}

/** Says whether the callee is `test`, `describe`, `test.skipIf(…)`, `test.for(…)` and so on. */
function isTest(callee: Expression): boolean {
  if (callee.type === 'Identifier') return ['test', 'it', 'describe'].includes(callee.name)
  if (callee.type === 'CallExpression') return isTest(callee.callee)
  return callee.type === 'MemberExpression' && isTest(callee.object as Expression)
}

/** Replaces each `${…}` by a word of the same length. */
function blankExpressions(source: string, { start, end, quasis }: TemplateLiteral): string {
  let text = source.slice(start, end)
  for (const [i, quasi] of quasis.entries()) {
    const next = quasis[i + 1]
    if (!next) continue
    const [from, to] = [quasi.end - start, next.start - start]
    text = `${text.slice(0, from)}${'X'.padEnd(to - from, 'x')}${text.slice(to)}`
  }
  return text
}

/** Blanks quotes, escaped line breaks and code. A single line break does not end a sentence. */
const prose = (literal: string): string =>
  blankCode(` ${literal.slice(1, -1)} `.replaceAll('\\n', ' \n').replace(/\n(?!\s*\n)/g, ' '))
