import {
  invalidDays,
  invalidSharedFields,
  invalidSharedParameters,
  invalidText,
  invisibleTexts,
} from '../../resource/invalid-examples.ts'
import type { GoalPatch } from './schemas.ts'

/** By field of a goal: values that the API refuses. */
export const invalidGoalFields = {
  ...invalidSharedFields,
  category: ['', ...invisibleTexts, ...invalidText(100)],
  targetDate: invalidDays,
  openTasks: [null, '', 'KEEP', 'delete', ['keep'], {}, 5],
  view: [null, '', 'summary', 'FULL', 1, ['full']],
} satisfies Record<keyof GoalPatch, unknown[]>

/** By query parameter of the routes of goals: values that the API refuses. */
export const invalidGoalParameters = {
  ...invalidSharedParameters,
  category: ['x'.repeat(101), '%00'],
  targetBefore: ['', 'tomorrow', '2027-02-30', '2027-1-1', '300000-01-01', '0000-01-01', '2027-01-01T00:00:00Z', '%00'],
  progressMode: ['', 'task_count', 'TASK_COUNT,ESTIMATED_HOURS'],
}
