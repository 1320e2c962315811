import type { Finding } from './passage.ts'

const maximum = 120

/** An import path and an address cannot be broken. */
const unbreakable = /^\s*(\} from|import|export \* from) '[^']+'$|https?:\/\/\S{60,}/

export const findLongLines = (source: string): Finding[] =>
  source.split('\n').flatMap((line, i) => {
    const columns = [...line].length
    if (columns <= maximum || unbreakable.test(line)) return []
    const text = line.trim().split(/\s+/).slice(0, 4).join(' ')
    return [{ line: i + 1, text, advice: `break the line: ${columns} columns, at most ${maximum}` }]
  })
