import type { Counts } from './counts.ts'
import type { FaultName } from './figures.ts'
import type { Outcome } from './outcome.ts'

const format = new Intl.NumberFormat('en').format
const wholeMs = (ms: number) => `${format(Math.round(ms))} ms`

const checks: Record<FaultName, string> = {
  missing: 'every acknowledged goal, task and dependency exists',
  otherStates: 'every task has the status that the rules give it',
  unfaithfulAudits: 'there is one audit row for each version of every goal and task',
  deliveriesLeft: 'no delivery is left',
  deadLetters: 'there is no dead letter',
}

const maxPeople = 8
const labelWidth = 'adjusted by the rules'.length

/** Formats the outcome for people. `commandPrefix` precedes the command that prints a token. */
export function outcomeText(outcome: Outcome, commandPrefix: string): string {
  const sections = [
    factLines(outcome),
    [
      ...countLines('adapted', outcome.adapted),
      ...countLines('adjusted by the rules', outcome.byTheRules),
      ...countLines('not loaded', outcome.notLoaded),
    ],
    Object.entries(checks).map(([name, check]) => checkLine(check, outcome.faults[name as FaultName])),
    peopleLines(outcome, commandPrefix),
  ]
  const shown = sections.filter((lines) => lines.length > 0).map((lines) => lines.map((line) => `  ${line}`).join('\n'))
  return `\n${shown.join('\n\n')}\n`
}

function factLines(outcome: Outcome): string[] {
  const { inFile, there, states, commitToEffectMs, goalsLeftAsTheyAre: left } = outcome
  const bothOf = (kind: keyof typeof inFile) => `${format(inFile[kind])} in the file, ${format(there[kind])} there`
  const facts: [string, string][] = [
    ['goals', `${bothOf('goals')}: ${listOf(states.goals)}`],
    ['tasks', `${bothOf('tasks')}: ${listOf(states.tasks)}`],
    ['dependencies', bothOf('dependencies')],
    ['events', format(outcome.events)],
    ['audit rows', format(outcome.auditRows)],
    ['notifications', `${format(sumOf(outcome.notifications))}: ${listOf(outcome.notifications)}`],
    ['commit to audit row', `p50 ${wholeMs(commitToEffectMs.p50)}, p99 ${wholeMs(commitToEffectMs.p99)}`],
    ['writes', writesText(outcome)],
  ]
  if (left > 0) facts.push(['unchanged', `${format(left)} goals that an earlier run loaded`])
  return facts.map(([name, value]) => `${name.padEnd(labelWidth)} ${value}`)
}

const writesText = ({ writes, seconds, writesPerSecond }: Outcome) =>
  writes === 0
    ? '0: everything exists already'
    : `${format(writes)} in ${seconds.toFixed(1)} s, ${format(writesPerSecond)} per second`

const sumOf = (counts: Counts) => Object.values(counts).reduce((sum, count) => sum + count, 0)
const listOf = (counts: Counts) =>
  Object.entries(counts)
    .map(([name, count]) => `${format(count)} ${name}`)
    .join(', ') || 'none'

const countLines = (title: string, counts: Counts) =>
  Object.entries(counts).map(
    ([kind, times], i) => `${(i === 0 ? title : '').padEnd(labelWidth)} ${format(times)} × ${kind}`,
  )

const checkLine = (check: string, exceptions: number) =>
  exceptions === 0 ? `✔ ${check}` : `✖ ${check}: ${format(exceptions)} exceptions`

function peopleLines({ people }: Outcome, commandPrefix: string): string[] {
  const more = people.length - maxPeople
  return [
    `${'Owners'.padEnd(36)}  goals  tasks`,
    ...people
      .slice(0, maxPeople)
      .map(({ id, goals, tasks }) => `${id}  ${format(goals).padStart(5)}  ${format(tasks).padStart(5)}`),
    ...(more > 0 ? [`and ${format(more)} more`] : []),
    `To act as one of them: ${commandPrefix}npm run token -- --sub <uuid>`,
  ]
}
