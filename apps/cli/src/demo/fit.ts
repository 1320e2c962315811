import { hasVisibleCharacter, maxTextLength, normalizeText } from '@goals-tasks/events'
import type { CountKind } from './counts.ts'
import type { GoalLine, TaskLine } from './line.ts'

/** Adapts the common fields of a goal or a task to the rules of the API, and counts every change. */
export function fitCommon({ ref, title, description, tags, priority }: GoalLine | TaskLine, count: CountKind) {
  if (!hasVisibleCharacter(title)) count('empty title, replaced by the ref')
  return {
    title: fitText(title, { maxLength: maxTextLength.title, name: 'title' }, count) || fitRef(ref, count),
    description:
      fitText(description ?? '', { maxLength: maxTextLength.description, name: 'description' }, count) || null,
    tags: fitTags(tags ?? [], count),
    ...(priority && { priority }),
  }
}

const fitRef = (ref: string, count: CountKind) =>
  fitText(ref, { maxLength: maxTextLength.title, name: 'ref as a title' }, count)

function fitTags(tags: readonly string[], count: CountKind): string[] {
  const fitting = tags
    .map((tag) => fitText(tag, { maxLength: maxTextLength.tag, name: 'tag' }, count))
    .filter((tag) => tag !== '')
  count('empty tag left out', tags.length - fitting.length)
  const distinct = [...new Set(fitting)]
  count('repeated tag left out', fitting.length - distinct.length)
  count('tag beyond the 50th left out', Math.max(0, distinct.length - 50))
  return distinct.slice(0, 50)
}

/**
 * Normalizes a text as the API does, and cuts it to `maxLength` code points. Returns an empty text when no character of
 * it is visible.
 */
export function fitText(
  text: string,
  { maxLength, name }: { maxLength: number; name: string },
  count: CountKind,
): string {
  if (!hasVisibleCharacter(text)) return ''
  if (text.trim() !== text) count(`${name} without surrounding spaces`)
  const points = [...normalizeText(text)]
  if (points.length > maxLength) count(`${name} cut to ${maxLength} characters`)
  return points.slice(0, maxLength).join('').trim()
}
