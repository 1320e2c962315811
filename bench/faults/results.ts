import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'

export type Result = {
  name: string
  seed: number
  outcome: 'ok' | 'failed' | 'skipped'
  seconds: number
  figures: Readonly<Record<string, number>>
  problems: readonly string[]
}

const file = join(import.meta.dirname, '../../.data/faults.jsonl')

/** Returns the names of the scenarios that the last run finished without a problem, or forgets that run. */
export function finishedScenarios({ resume }: { resume: boolean }): Set<string> {
  if (!resume) rmSync(file, { force: true })
  if (!existsSync(file)) return new Set()
  const results: Result[] = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  return new Set(results.flatMap(({ name, outcome }) => (outcome === 'ok' ? [name] : [])))
}

export function saveResult(result: Result): void {
  mkdirSync(dirname(file), { recursive: true })
  appendFileSync(file, `${JSON.stringify(result)}\n`)
}

/** Returns the line of a scenario, and one line per problem. */
export function describeResult({ name, outcome, seconds, figures, problems }: Result): string {
  const numbers = Object.entries(figures).map(([figure, value]) => `${figure} ${value}`)
  const first = [outcome.padEnd(7), name.padEnd(28), `${seconds} s`.padStart(8), ...numbers].join('  ')
  return [first, ...problems.map((problem) => `        ${problem}`)].join('\n')
}
