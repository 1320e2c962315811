import type { NameHint, NameHints } from '@goals-tasks/http'
import { readOnlyHint, readOnlyOfGoals, readOnlyOfTasks } from './read-only.ts'

const say = (text: string): NameHint => ({ say: text })
const use = (...names: string[]): NameHint => ({ use: names })
/** Returns the hint under each of the names, which a space separates. */
const each = (names: string, hint: NameHint): NameHints => Object.fromEntries(names.split(' ').map((n) => [n, hint]))

const isSetByVerbs = say('is not set here: a PATCH of the status or a verb, such as complete, changes it')
const isOfTasks = ['estimatedHours']
const isOfLists = ['cursor']

/** Hints about members and parameters of other systems, which clients send out of habit. */
export const nameHints: { body: NameHints; query: NameHints } = {
  body: {
    ...each([...readOnlyOfGoals, ...readOnlyOfTasks].join(' '), say(readOnlyHint)),
    version: say('is not a member here: send the version as If-Match'),
    ...each('etag revision', use('version')),
    ...each('status done completed closed isDone isCompleted', isSetByVerbs),
    state: { use: ['status'] },
    ...each('goalId goal project projectId parent parentId', {
      use: isOfTasks,
      say: 'is not set here: the address names the goal, and a PATCH of goalId moves a task',
    }),
    ...each('due dueOn dueDate deadline endDate targetDate', use('dueDate', 'dueAt', 'targetDate')),
    ...each('dueTime dueDateTime', use('dueAt')),
    ...each('zone timeZone tz', use('dueZone')),
    ...each('assignee assignees assigneeId assigned owner user', use('assignedTo')),
    ...each('name subject summary', use('title')),
    ...each('text note notes body content details', use('description')),
    ...each('label labels keywords', use('tags')),
    ...each('dependsOn blockedBy blockers prerequisites', use('dependencies')),
    ...each('estimate estimation hours timeEstimate', use('estimatedHours')),
    ...each('spent timeSpent hoursSpent', use('actualHours')),
    ...each('custom customFields properties attributes extra', use('metadata')),
  },
  query: {
    ...each('page offset skip start', {
      use: isOfLists,
      say: 'is not known: a list has no page numbers. Repeat the request with cursor=<page.nextCursor>',
    }),
    ...each('next after startingAfter pageToken nextCursor', use('cursor')),
    ...each('perPage pageSize size count maxResults top', use('limit')),
    ...each('sort sortBy order orderBy direction', {
      use: isOfLists,
      say: 'is not known: a list has one order, the newest first',
    }),
    ...each('q query search', { use: isOfLists, say: 'is not known: a list has filters, and no search in texts' }),
    ...each('fields select', say('is not known: a response has all members')),
    ...each('expand embed with', use('include')),
    ...each('due dueDate deadline targetDate', use('dueBefore', 'dueAfter', 'targetBefore')),
    ...each('assignee assigneeId assigned user userId', use('assignedTo')),
    ...each('state done completed', use('status')),
    ...each('label labels', use('tag')),
    ...each('includeDeleted withDeleted archived trashed', use('deleted', 'includeDeleted')),
  },
}
