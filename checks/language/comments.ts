import type { Comment } from 'oxc-parser'
import { blankCode, type Passage } from './passage.ts'

/** Returns each comment as a passage. Consecutive `//` lines are one comment. */
export function readComments(source: string, comments: Comment[], lineAt: (offset: number) => number): Passage[] {
  return joinLines(source, comments).map(({ start, end }) => ({
    kind: 'comment',
    text: blankCode(unwrap(blankMarkers(source.slice(start, end)))),
    lineAt: (index) => lineAt(start + index),
  }))
}

type Span = { start: number; end: number }

function joinLines(source: string, comments: Comment[]): Span[] {
  const spans: Span[] = []
  let previous: Comment | undefined
  for (const comment of comments) {
    const last = spans.at(-1)
    const follows = previous?.type === 'Line' && comment.type === 'Line'
    if (last && follows && /^\r?\n[ \t]*$/.test(source.slice(last.end, comment.start))) last.end = comment.end
    else spans.push({ start: comment.start, end: comment.end })
    previous = comment
  }
  return spans
}

/** Replaces the slashes and asterisks of the comment's frame by spaces. */
const blankMarkers = (comment: string): string =>
  comment.replace(/^[ \t]*(\/\/+|\/\*+)|\*+\/\s*$|\n[ \t]*(\/\/+|\*(?!\/))/g, (marker) => marker.replace(/[^\n]/g, ' '))

/** Turns a line break inside a paragraph into a space. Breaks before an empty line, a list item or a tag remain. */
const unwrap = (comment: string): string => comment.replace(/\n(?![ \t]*(\n|- |\* |\d+\. |@))/g, ' ')
