import type { Change } from './breaking.ts'

/**
 * Returns the changes that the section *Breaking* of *Unreleased* does not describe. An entry describes a change when
 * it names, in back quotes, the operation, or the parameter or member that has changed.
 */
export function findUndescribed(changes: readonly Change[], changelog: string): Change[] {
  const described = new Set(codeSpans(breakingSection(changelog)))
  return changes.filter((change) => !namesOf(change).some((name) => described.has(name)))
}

const breakingSection = (changelog: string): string => section(section(changelog, '## Unreleased'), '### Breaking')

/** Returns the text between a heading and the next one of its level. */
function section(text: string, heading: string): string {
  const level = heading.split(' ')[0]
  const [, after = ''] = `\n${text}`.split(`\n${heading}\n`)
  return after.split(`\n${level} `)[0] ?? ''
}

const codeSpans = (text: string): string[] => [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)

/** Returns the operation, and the last part of the name that the text quotes first, such as `data/items/dueZone`. */
function namesOf({ operation, text }: Change): string[] {
  const path = codeSpans(text).find((name) => !places.includes(name))
  return path === undefined ? [operation] : [operation, path.split('/').at(-1) ?? path]
}

/** The places of a parameter, which oasdiff quotes before its name. */
const places = ['query', 'header', 'path', 'cookie']
