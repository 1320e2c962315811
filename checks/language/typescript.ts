import { parseSync } from 'oxc-parser'
import { readComments } from './comments.ts'
import { linesOf } from './lines.ts'
import { readNames } from './names.ts'
import type { Passage } from './passage.ts'
import { readStrings } from './strings.ts'

/** Returns the comments, strings, test names and identifiers of a TypeScript or JavaScript file. */
export function readTypeScript(path: string, source: string): Passage[] {
  const { program, comments, errors } = parseSync(path, source)
  if (errors[0]) throw new Error(`${path} does not parse: ${errors[0].message}`)
  const lineAt = linesOf(source)
  return [
    ...readComments(source, comments, lineAt),
    ...readStrings(source, program, lineAt),
    ...readNames(program, lineAt),
  ]
}
