import MarkdownIt, { type Token } from 'markdown-it'
import { linesOf } from './lines.ts'
import { blankCode, type Passage } from './passage.ts'

const markdown = new MarkdownIt({ html: true })

/** A paragraph, a list item, a heading or a table cell, line by line and without its markup. */
export type Block = { kind: 'prose' | 'heading'; table: boolean; firstLine: number; lines: string[] }

export function readBlocks(source: string): Block[] {
  const blocks: Block[] = []
  let line = 1
  let parent = ''
  for (const token of markdown.parse(source, {})) {
    if (token.map) line = token.map[0] + 1
    if (token.type === 'inline') blocks.push(blockOf(token, parent, line))
    parent = token.type
  }
  return blocks
}

const blockOf = (token: Token, parent: string, firstLine: number): Block => ({
  kind: parent === 'heading_open' ? 'heading' : 'prose',
  table: ['th_open', 'td_open'].includes(parent),
  firstLine,
  lines: (token.children ?? []).map(textOf).join('').split('\n'),
})

function textOf({ type, content, children }: Token): string {
  if (type === 'softbreak' || type === 'hardbreak') return '\n'
  if (type === 'code_inline') return `\`${content}\``
  if (type === 'strong_open' || type === 'strong_close') return '**'
  if (type === 'image') return (children ?? []).map(textOf).join('')
  return type === 'text' ? content : ''
}

/** A sentence may run over several lines of its block. */
export const passageOf = ({ kind, firstLine, lines }: Block): Passage => {
  const lineAt = linesOf(lines.join('\n'))
  return { kind, text: blankCode(lines.join(' ')), lineAt: (index) => firstLine - 1 + lineAt(index) }
}
