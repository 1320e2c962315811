import { type Finding, isProse, type Passage } from './passage.ts'
import { splitSentences } from './sentences.ts'

/** Words that no sentence starts with: they hide its subject, or invert its order. */
const openings: Record<string, string> = {
  who: 'name the person or the process first',
  whoever: 'name the person or the process first',
  whom: 'name the person or the process first',
  whose: 'name the owner first',
  what: 'name the thing first, or write "The …"',
  whatever: 'name the thing first',
  those: 'repeat the noun',
  such: 'repeat the noun',
  none: 'write "No <noun> …"',
  nobody: 'write "No <noun> …", or turn the sentence round',
  neither: 'turn the sentence round: "… and not …"',
  of: 'start with the subject',
  'to be': 'start with the verb: "Call …", "Lock …"',
  'it is so': 'say what is the case',
  'for whom': 'name the person first',
}

const opening = new RegExp(`^(${Object.keys(openings).join('|').replaceAll(' ', '\\s+')})\\b`, 'i')

/** A shorter string is a word of the program, and not a sentence. */
const minimumWords = 3

/** A question may start with "who" or "what". */
export const findOpenings = (passage: Passage): Finding[] =>
  isProse(passage)
    ? splitSentences(passage.text).flatMap(({ index, text }) => {
        const found = opening.exec(text)?.[0]
        if (!found || text.split(/\s+/).length < minimumWords || text.endsWith('?')) return []
        const advice = openings[found.toLowerCase().replace(/\s+/g, ' ')]
        return [{ line: passage.lineAt(index), text: found, advice: `do not open a sentence with it: ${advice}` }]
      })
    : []
