import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Allowance } from './language/allowed.ts'
import { checkLanguage, describe as describeProblem } from './language/check.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'goals-tasks-language-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

const check = (allowed: Allowance[] = [], least = {}) =>
  checkLanguage(root, { allowed, excluded: [], least }).problems.map(describeProblem)

const source = 'packages/db/src/example.ts'

test.for([
  ['a comment', '\n/** Locks the row, then\n * it announces the change. */\n', ':3: "announces" → write "emit"'],
  ['a run of line comments', '// The job is given\n// up at once.\n', ':1: "given up" → write "move to dead letters'],
  ['an error', "throw new Error('the delivery was buried')\n", ':1: "buried" → write "move to dead letters'],
  ['a log line', "log.warn({ id }, 'the worker is wedged')\n", ':1: "wedged" → write "stuck"'],
  ['a template', `\nconst text = \`\${n} lanes\nwait\`\n`, ':2: "lanes" → write "consumer queue'],
  ['a test name', "test.for([1])('a crowd of %s waits', f)\n", ':1: "crowd" → write "contention"'],
  ['a variable', '\nconst tallyOfReads = 1\n', ':2: "tally" → write "counters"'],
  ['a function', 'function settle_failure() {}\n', ':1: "settle" → write "record the failure'],
  ['a type', 'type LaneName = string\n', ':1: "lane" → write "consumer queue'],
  ['a log key', 'log.warn({ letter: id })\n', ':1: "letter" → write "deadLetterId"'],
  [
    'the opening of a comment',
    '/** The row. Whose it is: the owner. */\n',
    ':1: "Whose" → do not open a sentence with it',
  ],
  [
    'the opening of a list item',
    '/**\n * Steps:\n * - to be called first\n */\n',
    ':3: "to be" → do not open a sentence',
  ],
  [
    'the opening of a test name',
    "test('what waits is refused', f)\n",
    ':1: "what" → do not open a sentence with it: name',
  ],
  [
    'the opening after code',
    '// Calls `commit`. `retry` waits. Of two one wins.\n',
    ':1: "Of" → do not open a sentence',
  ],
  ['a long comment', `\n// ${'x '.repeat(60)}\n`, ':2: "// x x x" → break the line: 123 columns, at most 120'],
  ['a long template', `const a = \`\n${'é'.repeat(121)}\n\`\n`, 'é" → break the line: 121 columns, at most 120'],
] as const)('%s is refused with its replacement', ([, text, problem]) => {
  write(source, text)
  expect(check()).toEqual([expect.stringContaining(problem)])
})

test('a file name is refused with its replacement', () => {
  write('packages/db/src/own-program.ts', '')
  expect(check()).toEqual(['packages/db/src/own-program.ts:1: "own program" → write "node arguments"'])
})

test.for([
  ['a paragraph', 'One.\nTwo lines of\nit were parked.\n', ':3: "parked" → write "snooze"'],
  ['a table cell', '| a | b |\n|---|---|\n| c | a nudge |\n', ':3: "nudge" → write "dispatch"'],
  ['a heading', '# The board\n', ':1: "The board" → write "Bull Board"'],
  ['the opening of a list item', '- One.\n- Whoever writes, waits.\n', ':2: "Whoever"'],
  [
    'a second sentence in a line',
    'One line.\nTwo here. See [a](b.md). `three` is not.\n',
    ':2: "See a. `three` is" → start a new line',
  ],
  [
    'a second sentence in a list item',
    '1. Run it, e.g. Redis.\n2. Stop. Then go.\n',
    ':2: "Then go." → start a new line',
  ],
] as const)('Markdown: %s is refused', ([, text, problem]) => {
  write('docs/example.md', text)
  expect(check().join('\n')).toContain(`docs/example.md${problem}`)
})

test('a clean source passes, with names of other packages, code and questions in it', () => {
  write(
    source,
    `import { announce } from 'elsewhere'
/** Locks the row. Throws \`WhoKnows\` when \`announce\` fails, i.e. when Redis is away. What happens then? */
export const emit = () => announce.nudge({ in: 'emit it of all' })
// Read more at https://example.com/${'long/'.repeat(30)}
`,
  )
  expect(check()).toEqual([])
})

test('a clean page passes, with code, tables, labels and abbreviations in it', () => {
  write(
    'README.md',
    '# A title. With two parts\n\nOne sentence, e.g. this.\nThe `lane` of v1.2 waits.\n**Why.** One *reason*.\n\n' +
      '| a. B | c |\n|---|---|\n\n```sh\n# nudge. It\n```\n',
  )
  expect(check()).toEqual([])
})

test('a word that is private to some files passes elsewhere', () => {
  write('packages/cache/src/a.ts', 'const mark = 1\n')
  write('packages/http/src/a.ts', 'const mark = 1\n')
  expect(check()).toEqual(['packages/cache/src/a.ts:1: "mark" → write "lease token"'])
})

test('an allowance covers its word in its files, and is refused when nothing uses it', () => {
  write(source, '// The lane is wide.\n')
  const allowance = { path: 'packages/db/**', text: 'lane', reason: 'a road' }
  expect(check([allowance])).toEqual([])
  expect(check([{ ...allowance, path: 'apps/**' }])).toEqual(
    [
      'checks/language/allowed.ts:1: "lane" → remove the allowance for apps/**: nothing uses it',
      `${source}:1: "lane" → write "consumer queue, consumer runner, slot"`,
    ].toReversed(),
  )
})

test('a check that finds too few comments fails', () => {
  write(source, '// One comment.\n')
  expect(() => check([], { comment: 2 })).toThrow('read 1 passages of the kind "comment", not 2')
})

test('a source that does not parse fails by name', () => {
  write(source, 'const = 1\n')
  expect(() => check()).toThrow(`${source} does not parse`)
})
