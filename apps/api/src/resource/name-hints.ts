import type { NameHints } from '@goals-tasks/http'
import { readOnlyHint, readOnlyOfGoals, readOnlyOfTasks } from './read-only.ts'

const readOnly = Object.fromEntries([...readOnlyOfGoals, ...readOnlyOfTasks].map((name) => [name, readOnlyHint]))
const use = (name: string) => `is not known; use ${name}`
const noPages = 'is not known: a list has no page numbers. Repeat the request with cursor=<page.nextCursor>'

/** Sentences about members and parameters of other systems, which clients send out of habit. */
export const nameHints: { body: NameHints; query: NameHints } = {
  body: {
    ...readOnly,
    version: 'is not a member here: send the version as If-Match',
    status: 'is not set here: a PATCH and the verbs, such as complete, change it',
    goalId: 'is not set here: the address names the goal',
    due: use('dueDate for a day, or dueAt for an instant'),
    deadline: use('dueDate or dueAt on a task, targetDate on a goal'),
    assignee: use('assignedTo'),
    assigneeId: use('assignedTo'),
    name: use('title'),
    state: use('status'),
    labels: use('tags'),
    dependsOn: use('dependencies'),
  },
  query: {
    page: noPages,
    offset: noPages,
    per_page: use('limit'),
    pageSize: use('limit'),
    due: use('dueBefore and dueAfter'),
    dueDate: use('dueBefore and dueAfter'),
    assignee: use('assignedTo'),
    state: use('status'),
  },
}
