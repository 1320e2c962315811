import type { Outcome } from './outcome.ts'
import { faultNames } from './report.ts'
import type { Counts } from './tally.ts'

const format = new Intl.NumberFormat('en').format
const wholeMs = (ms: number) => `${format(Math.round(ms))} ms`

const promises: Record<(typeof faultNames)[number], string> = {
  missing: 'every acknowledged goal, task and dependency is there',
  otherStates: 'every task is in the state that the rules give it',
  unfaithfulAudits: 'there is one audit row for each version of every goal and task',
  deliveriesLeft: 'no delivery is left',
  deadLetters: 'there is no dead letter',
}

const shownPeople = 8

/** The outcome for a person. `commandPrefix` stands before the command that makes a token. */
export function outcomeText(outcome: Outcome, commandPrefix: string): string {
  const sections = [
    factLines(outcome),
    [
      ...remarkLines('adapted', outcome.adapted),
      ...remarkLines('as the rules have it', outcome.byTheRules),
      ...remarkLines('not loaded', outcome.notLoaded),
    ],
    faultNames.map((name) => checkLine(promises[name], outcome.faults[name])),
    peopleLines(outcome, commandPrefix),
  ]
  const shown = sections.filter((lines) => lines.length > 0).map((lines) => lines.map((line) => `  ${line}`).join('\n'))
  return `\n${shown.join('\n\n')}\n`
}

function factLines({ inFile, there, states, ...outcome }: Outcome): string[] {
  const { writes, seconds, commitToEffectMs } = outcome
  const inAndOut = (kind: keyof typeof inFile) => `${format(inFile[kind])} in the file, ${format(there[kind])} there`
  const facts: [string, string][] = [
    ['goals', `${inAndOut('goals')}: ${listed(states.goals)}`],
    ['tasks', `${inAndOut('tasks')}: ${listed(states.tasks)}`],
    ['dependencies', inAndOut('dependencies')],
    ['events', format(outcome.events)],
    ['audit rows', format(outcome.auditRows)],
    ['notifications', `${format(sum(outcome.notifications))}: ${listed(outcome.notifications)}`],
    ['commit to audit row', `p50 ${wholeMs(commitToEffectMs.p50)}, p99 ${wholeMs(commitToEffectMs.p99)}`],
    [
      'writes',
      writes === 0
        ? 'none: all of it was there'
        : `${format(writes)} in ${seconds.toFixed(1)} s, ${format(outcome.writesPerSecond)} per second`,
    ],
  ]
  const left = outcome.goalsLeftAsTheyAre
  if (left > 0) facts.push(['left as they are', `${format(left)} goals that an earlier run has loaded`])
  return facts.map(([name, value]) => `${name.padEnd(20)} ${value}`)
}

const sum = (counts: Counts) => Object.values(counts).reduce((all, count) => all + count, 0)
const listed = (counts: Counts) =>
  Object.entries(counts)
    .map(([name, count]) => `${format(count)} ${name}`)
    .join(', ') || 'none'

const remarkLines = (title: string, counts: Counts) =>
  Object.entries(counts).map(([what, times], i) => `${(i === 0 ? title : '').padEnd(20)} ${format(times)} × ${what}`)

const checkLine = (promise: string, exceptions: number) =>
  exceptions === 0 ? `✔ ${promise}` : `✖ ${promise}: ${format(exceptions)} exceptions`

function peopleLines({ people }: Outcome, commandPrefix: string): string[] {
  const more = people.length - shownPeople
  return [
    `${'Whose it is'.padEnd(36)}  goals  tasks`,
    ...people
      .slice(0, shownPeople)
      .map(({ id, goals, tasks }) => `${id}  ${format(goals).padStart(5)}  ${format(tasks).padStart(5)}`),
    ...(more > 0 ? [`and ${format(more)} more`] : []),
    `A token for one of them: ${commandPrefix}npm run token -- --sub <uuid>`,
  ]
}
