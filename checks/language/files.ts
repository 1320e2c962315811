import { globSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { findLongLines } from './columns.ts'
import { passageOf, readBlocks } from './markdown.ts'
import type { Finding, Passage } from './passage.ts'
import { findSecondSentences } from './sentences.ts'
import { splitName } from './split-name.ts'
import { readTypeScript } from './typescript.ts'

const patterns = ['**/*.{ts,js,md}', '.github/**/*.md']

/** Returns the paths of all sources and pages below `root`, with slashes. `excluded` are globs. */
export const listFiles = (root: string, excluded: string[]): string[] =>
  globSync(patterns, { cwd: root, exclude: excluded })
    .map((path) => path.replaceAll(sep, '/'))
    .sort()

/** Returns the passages of a file, and what is wrong with its lines. */
export function readFile(root: string, path: string): { passages: Passage[]; findings: Finding[] } {
  const source = readFileSync(join(root, path), 'utf8')
  if (path.endsWith('.md')) {
    const blocks = readBlocks(source)
    return { passages: blocks.map(passageOf), findings: blocks.flatMap(findSecondSentences) }
  }
  return { passages: [fileName(path), ...readTypeScript(path, source)], findings: findLongLines(source) }
}

const fileName = (path: string): Passage => ({
  kind: 'file name',
  text: splitName(path.slice(path.lastIndexOf('/') + 1)),
  lineAt: () => 1,
})
