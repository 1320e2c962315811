import {
  annotated,
  exampleIds,
  Goal,
  GoalStatus,
  goalPatchFields,
  Id,
  newGoalFields,
  stringEnum,
} from '@goals-tasks/events'
import Type, { type Static, type TSchema } from 'typebox'
import { capabilitiesSchema } from '../../resource/capabilities.ts'
import { exampleOf, Version } from '../../resource/fields.ts'
import { copiesOf, readOnlyOfGoals } from '../../resource/read-only.ts'
import { Progress } from './progress.ts'
import { goalVerbs, openTasksPolicies } from './states.ts'

export const NewGoal = Type.Object(newGoalFields, {
  title: 'NewGoal',
  description: 'The fields of a new goal. A field that is left out has its default.',
  additionalProperties: false,
  examples: [exampleOf(newGoalFields)],
})
export type NewGoal = Static<typeof NewGoal>

/** Members of a request that closes a goal. */
const closing = {
  openTasks: stringEnum(openTasksPolicies, {
    title: 'OpenTasks',
    description: 'The fate of the open tasks of a goal that closes. By default complete keeps and cancel cancels them.',
    examples: ['keep'],
  }),
  force: Type.Boolean({
    description: 'With `openTasks: complete`, completes blocked tasks as well, instead of 409.',
    examples: [true],
  }),
}

/** How much of a goal a response shows. */
const goalView = (view: 'full' | 'summary', description: string) =>
  Type.Unsafe<typeof view>({ type: 'string', const: view, description, examples: [view] })
const fullView = goalView('full', 'The value `full`: the response has every field.')

export const GoalPatch = Type.Partial(
  Type.Object({ ...goalPatchFields, ...closing, version: Version, ...copiesOf(readOnlyOfGoals), view: fullView }),
  {
    title: 'GoalPatch',
    description: 'The fields to change, as a merge patch. Read-only fields may come with their current values.',
    additionalProperties: false,
    examples: [{ title: 'Learn to sail well', priority: 'CRITICAL' }],
  },
)
export type GoalPatch = Static<typeof GoalPatch>

export const Closing = Type.Partial(Type.Object(closing), {
  title: 'GoalClosing',
  description: 'How a goal closes.',
  additionalProperties: false,
  examples: [{ openTasks: 'keep' }],
})
export type Closing = Static<typeof Closing>

export const GoalParams = Type.Object({ goalId: annotated(Id, 'The id of the goal.', exampleIds.goal) })

const GoalCapabilities = capabilitiesSchema('Goal', goalVerbs, {
  to: GoalStatus,
  codes: ['deleted', 'invalid-transition'],
})

/** A goal in a list, with the member that `include=` adds. */
export const ListedGoal = Type.Object(
  { ...Goal.properties, progress: Type.Optional(Progress) },
  { title: 'ListedGoal', description: 'A goal in a list.' },
)

export const FullGoal = Type.Object(
  {
    ...Goal.properties,
    progress: Type.Optional(Progress),
    capabilities: Type.Optional(GoalCapabilities),
    view: fullView,
  },
  {
    title: 'FullGoal',
    description: 'A goal as its owner sees it, with the members that `include` names.',
  },
)

const { id, title, status, targetDate } = Goal.properties
const GoalSummary = Type.Object(
  { id, title, status, targetDate, view: goalView('summary', 'The value `summary`: the response has few fields.') },
  {
    title: 'GoalSummary',
    description: 'The part of a goal that an assignee of one of its tasks sees.',
  },
)

/** The representation of a goal at its own address. `view` distinguishes the two. */
export const GoalView: TSchema = Type.Unsafe({
  title: 'GoalView',
  description: 'A goal as the reader may see it.',
  oneOf: [FullGoal, GoalSummary],
  discriminator: { propertyName: 'view' },
})
