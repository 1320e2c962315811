import type { GoalLine, TaskLine } from './line.ts'
import type { Note } from './tally.ts'

/** What a goal and a task have in common, fitted to what the API accepts; whatever changes thereby is noted. */
export function fitCommon({ ref, title, description, tags, priority }: GoalLine | TaskLine, note: Note) {
  if (title.trim() === '') note('empty title, replaced by the ref')
  return {
    title: fitText(title, 200, 'title', note) || fitText(ref, 200, 'ref as a title', note),
    description: fitText(description ?? '', 20_000, 'description', note) || null,
    tags: fitTags(tags ?? [], note),
    ...(priority && { priority }),
  }
}

function fitTags(tags: readonly string[], note: Note): string[] {
  const fitting = tags.map((tag) => fitText(tag, 50, 'tag', note)).filter((tag) => tag !== '')
  note('empty tag left out', tags.length - fitting.length)
  const distinct = [...new Set(fitting)]
  note('repeated tag left out', fitting.length - distinct.length)
  note('tag beyond the 50th left out', Math.max(0, distinct.length - 50))
  return distinct.slice(0, 50)
}

/** Lengths are in code points, as the API and Postgres count them. */
export function fitText(text: string, maxLength: number, what: string, note: Note): string {
  const trimmed = text.trim()
  if (trimmed !== text && trimmed !== '') note(`${what} freed of surrounding spaces`)
  const points = [...trimmed]
  if (points.length > maxLength) note(`${what} cut to ${maxLength} characters`)
  return points.slice(0, maxLength).join('').trim()
}
