import { matchesGlob } from 'node:path'
import { type Finding, isProse, type Passage } from './passage.ts'
import { type Scope, words } from './words.ts'

const rules = words.map(({ pattern, write, in: scope = 'everywhere', paths = ['**'] }) => ({
  expression: new RegExp(`\\b${pattern.replaceAll(' ', '[\\s-]+')}\\b`, 'gi'),
  advice: `write "${write}"`,
  scope,
  paths,
}))

const applies = (scope: Scope, passage: Passage): boolean =>
  scope === 'everywhere' || (scope === 'keys' ? passage.kind === 'key' : isProse(passage) === (scope === 'prose'))

/** Returns the search for banned words in the passages of the file at `path`. */
export function wordsIn(path: string): (passage: Passage) => Finding[] {
  const local = rules.filter(({ paths }) => paths.some((glob) => matchesGlob(path, glob)))
  return (passage) =>
    local
      .filter(({ scope }) => applies(scope, passage))
      .flatMap(({ expression, advice }) =>
        [...passage.text.matchAll(expression)].map(({ 0: text, index }) => ({
          line: passage.lineAt(index),
          text: text.replace(/\s+/g, ' '),
          advice,
        })),
      )
}
