import type { Block } from './markdown.ts'
import { blank, blankCode, type Finding } from './passage.ts'

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' })

/** A full stop in one of these ends no sentence. */
const abbreviations = /\b(e\.g|i\.e|etc|vs|cf|approx|no|fig)\.(?=\s)/gi

/** Numbers, dashes, quotes and brackets before the first word. */
const lead = /^[\s\d.,:;()[\]{}*_"'“”‘’–—-]+/

type Sentence = { index: number; text: string }

/** Returns the sentences of `text`, each from its first word on, with its index. */
export function splitSentences(text: string): Sentence[] {
  const sentences: Sentence[] = []
  const masked = text.replace(abbreviations, (match) => match.replaceAll('.', ' '))
  for (const { segment, index } of segmenter.segment(masked)) {
    const skipped = lead.exec(segment)?.[0].length ?? 0
    const words = segment.slice(skipped).trim()
    if (/\p{L}/u.test(words)) sentences.push({ index: index + skipped, text: words })
  }
  return sentences
}

/** A bold label at the start of a line, such as "**Decision.**". */
const label = /^\*\*[^*]+\*\*/

/** A line of Markdown holds one sentence at most, so that a change of a sentence is a change of a line. */
export const findSecondSentences = ({ table, kind, firstLine, lines }: Block): Finding[] =>
  table || kind === 'heading'
    ? []
    : lines.flatMap((line, i) =>
        splitSentences(blank(blankCode(line), label))
          .slice(1)
          .filter(({ text }) => !/^\p{Ll}/u.test(text))
          .map(({ index }) => ({
            line: firstLine + i,
            text: line.slice(index).split(/\s+/).slice(0, 4).join(' '),
            advice: 'start a new line: one sentence per line',
          })),
      )
