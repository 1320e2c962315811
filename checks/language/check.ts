import { matchesGlob } from 'node:path'
import type { Allowance } from './allowed.ts'
import { listFiles, readFile } from './files.ts'
import { wordsIn } from './find-words.ts'
import { findOpenings } from './openings.ts'
import type { Finding, Kind } from './passage.ts'

export type Problem = Finding & { path: string }
export type Counts = Partial<Record<Kind | 'file', number>>

export type Settings = {
  allowed: Allowance[]
  /** Globs of files that are not read. */
  excluded: string[]
  /** The check throws when it reads less: it no longer finds the sources then. */
  least: Counts
}

/** Reads all sources and pages below `root`. Throws when one of them does not parse. */
export function checkLanguage(root: string, { allowed, excluded, least }: Settings) {
  const counts: Counts = {}
  const count = (kind: keyof Counts) => {
    counts[kind] = (counts[kind] ?? 0) + 1
  }
  const problems = listFiles(root, excluded).flatMap((path): Problem[] => {
    const { passages, findings } = readFile(root, path)
    const findWords = wordsIn(path)
    count('file')
    for (const { kind } of passages) count(kind)
    const found = passages.flatMap((passage) => [...findWords(passage), ...findOpenings(passage)])
    return [...findings, ...found].sort((a, b) => a.line - b.line).map((finding) => ({ path, ...finding }))
  })
  requireAtLeast(least, counts)
  return { counts, problems: [...refused(problems, allowed), ...unused(problems, allowed)] }
}

function requireAtLeast(least: Counts, counts: Counts): void {
  for (const [kind, number] of Object.entries(least) as [keyof Counts, number][]) {
    const read = counts[kind] ?? 0
    if (read < number) throw new Error(`The language check read ${read} passages of the kind "${kind}", not ${number}.`)
  }
}

const covers = (allowance: Allowance, { path, text }: Problem): boolean =>
  allowance.text.toLowerCase() === text.toLowerCase() && matchesGlob(path, allowance.path)

const refused = (problems: Problem[], allowed: Allowance[]): Problem[] =>
  problems.filter((problem) => !allowed.some((allowance) => covers(allowance, problem)))

const unused = (problems: Problem[], allowed: Allowance[]): Problem[] =>
  allowed
    .filter((allowance) => !problems.some((problem) => covers(allowance, problem)))
    .map(({ path, text }) => ({
      path: 'checks/language/allowed.ts',
      line: 1,
      text,
      advice: `remove the allowance for ${path}: nothing uses it`,
    }))

export const describe = ({ path, line, text, advice }: Problem): string => `${path}:${line}: "${text}" → ${advice}`
