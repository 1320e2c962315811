import { goalPatchFields, newGoalFields } from '@goals-tasks/events'
import Type, { type Static } from 'typebox'
import { Version } from '../../resource/fields.ts'
import { copiesOf, readOnlyOfGoals } from '../../resource/read-only.ts'
import { openTasksPolicies } from './states.ts'

export const NewGoal = Type.Object(newGoalFields, {
  title: 'NewGoal',
  additionalProperties: false,
  examples: [{ title: 'Learn to sail', targetDate: '2027-06-01', tags: ['sailing'] }],
})
export type NewGoal = Static<typeof NewGoal>

/** Members of a request that closes a goal. */
const closing = {
  openTasks: Type.Unsafe<(typeof openTasksPolicies)[number]>({
    type: 'string',
    title: 'OpenTasks',
    enum: [...openTasksPolicies],
    description: 'the open tasks of a goal that closes: by default kept on complete, cancelled on cancel',
  }),
  force: Type.Boolean({ description: 'with `openTasks: complete`, completes blocked tasks too' }),
}

export const GoalPatch = Type.Partial(
  Type.Object({ ...goalPatchFields, ...closing, version: Version, ...copiesOf(readOnlyOfGoals) }),
  { title: 'GoalPatch', additionalProperties: false, examples: [{ title: 'Learn to sail well', priority: 'HIGH' }] },
)
export type GoalPatch = Static<typeof GoalPatch>

export const Closing = Type.Partial(Type.Object(closing), {
  title: 'GoalClosing',
  additionalProperties: false,
  examples: [{ openTasks: 'keep' }],
})
export type Closing = Static<typeof Closing>

export const GoalParams = Type.Object({ goalId: Type.String({ format: 'uuid' }) })
