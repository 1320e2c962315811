import { defaultOpenTasks, goalTransitions, goalVerbTargets } from '../apps/api/src/features/goals/states.ts'
import { isHeld, isWorkable, type TaskStatus, taskTransitions } from '../apps/api/src/features/tasks/states.ts'
import { statesAfter, statesOf, type Transitions } from '../apps/api/src/resource/transitions.ts'

type Way<S> = { from: S; to: S; label: string }
const byPatch = 'PATCH'

function waysOf<S extends string>(table: Transitions<S, string>): Way<S>[] {
  return statesOf(table).flatMap((from) =>
    statesAfter(table, from).map((to) => ({ from, to, label: table[from][to]?.join(', ') || byPatch })),
  )
}

/** What happens to a task without a verb of its own. */
function automatic(from: TaskStatus, to: TaskStatus): string | undefined {
  if (to === 'BLOCKED' && from !== 'BLOCKED')
    return isWorkable(from) ? 'a blocker opens' : 'reopen while a blocker is open'
  return from === 'BLOCKED' && isWorkable(to) ? 'the last blocker closes' : undefined
}

const diagram = (ways: { from: string; to: string; label: string }[]) =>
  [
    '```mermaid',
    'stateDiagram-v2',
    ...ways.map(({ from, to, label }) => `  ${from} --> ${to}${label && `: ${label}`}`),
    '```',
  ].join('\n')

function matrix<S extends string>(states: readonly S[], cell: (from: S, to: S) => string): string {
  const row = (cells: string[]) => `| ${cells.join(' | ')} |`
  return [
    row(['from \\ to', ...states]),
    row(['', ...states].map(() => '---')),
    ...states.map((from) => row([from, ...states.map((to) => (from === to ? '–' : cell(from, to)))])),
  ].join('\n')
}

const verbsIn = <S extends string>(table: Transitions<S, string>, from: S, to: S) => {
  const verbs = table[from][to]
  return verbs && (verbs.length === 0 ? byPatch : verbs.map((verb) => `\`${verb}\``).join(', '))
}

const conditions: { mark: string; applies: (from: TaskStatus, to: TaskStatus) => boolean; text: string }[] = [
  {
    mark: '¹',
    applies: (from, to) => isWorkable(to) && !isWorkable(from),
    text: 'It lands in BLOCKED while something that it waits for is open.',
  },
  {
    mark: '²',
    applies: (from, to) =>
      isHeld({ status: from, blockKind: 'DEPENDENCY' }, to) && !isHeld({ status: from, blockKind: 'MANUAL' }, to),
    text: 'Out of a block by hand only. One by dependency lifts itself, to where it came from (`blockedFrom`), once nothing that the task waits for is open; until then: 409 `task-blocked`, with `blockers`.',
  },
  {
    mark: '³',
    applies: (from, to) => isHeld({ status: from, blockKind: 'MANUAL' }, to),
    text: '409 `task-blocked`, with `blockers`, unless the owner of the goal sends `force: true`; the history then says `forced`.',
  },
]

function taskCell(from: TaskStatus, to: TaskStatus): string {
  const verbs = verbsIn(taskTransitions, from, to)
  const marks = conditions.filter((condition) => condition.applies(from, to)).map((condition) => condition.mark)
  const automatically = automatic(from, to) && '*auto*'
  return [verbs && `${verbs}${marks.join(' ')}`, automatically].filter(Boolean).join('; ') || 'no'
}

const taskWays = () => {
  const states = statesOf(taskTransitions)
  const byVerb = new Map(waysOf(taskTransitions).map((way) => [`${way.from} ${way.to}`, way.label]))
  return states.flatMap((from) =>
    states.flatMap((to) => {
      const forced = isHeld({ status: from, blockKind: 'MANUAL' }, to) ? ' with force' : ''
      const verbs = byVerb.get(`${from} ${to}`)
      const label = [verbs && `${verbs}${forced}`, automatic(from, to)].filter(Boolean).join(', or ')
      return label ? [{ from, to, label }] : []
    }),
  )
}

/** docs/states.md: which state may follow which, from the tables that the API itself decides by. */
export const statesPage =
  () => `<!-- Generated from apps/api/src/features/goals/states.ts and apps/api/src/features/tasks/states.ts by \`npm run generate\`. -->
# States

Each verb is a route, \`POST /v1/goals/{goalId}/complete\`; \`status\` in a PATCH goes by the same table, without regard to verbs. The state that it is in already: 200, no new version, no event.
A state that does not follow: 409 \`invalid-transition\`, with those that do in \`allowed\`. \`completedAt\` is set on entering COMPLETED and cleared on leaving.
\`include=capabilities\` tells which verbs would change the state now, and why others cannot.

## Goals

${diagram([{ from: '[*]', to: 'ACTIVE', label: '' }, ...waysOf(goalTransitions)])}

${matrix(statesOf(goalTransitions), (from, to) => verbsIn(goalTransitions, from, to) ?? 'no')}

The open tasks of a goal that closes become what \`openTasks\` says: \`keep\`, \`cancel\` or \`complete\`. ${openTasksDefaults()}
Goal and tasks change together, under one \`cascadeId\`; \`reopen\` brings back exactly the tasks that this closing closed, each as it was, and leaves out those that have changed their state or their goal since, or were deleted.
\`complete\` takes tasks along that wait only for each other; a task blocked by hand or by a task elsewhere refuses it (409 \`task-blocked\`, with \`tasks\`) unless \`force: true\` is sent.
A closed goal takes no new tasks: 409 \`goal-closed\`.

## Tasks

${diagram([{ from: '[*]', to: 'TODO', label: '' }, { from: '[*]', to: 'BLOCKED', label: 'created with an open blocker' }, ...taskWays()])}

${matrix(statesOf(taskTransitions), taskCell)}

${conditions.map(({ mark, text }) => `${mark} ${text}`).join('<br>\n')}

*auto*: no verb of its own. When something that a task waits for opens, TODO and IN_PROGRESS become BLOCKED in the same transaction, as a change with the reason \`blocked\`; when the last such task is
completed, cancelled, deleted or unlinked, they go back (\`unblocked\`). \`reopen\` leads to TODO; a PATCH may name IN_PROGRESS.
`

function openTasksDefaults(): string {
  const byVerb = Object.entries(goalVerbTargets).flatMap(([verb, to]) =>
    to in defaultOpenTasks ? [`\`${defaultOpenTasks[to as keyof typeof defaultOpenTasks]}\` on \`${verb}\``] : [],
  )
  return `By default: ${byVerb.join(', ')}.`
}
