import Type from 'typebox'
import { authorized, type ProblemRow } from './problem-row.ts'

const text = (description: string, example: string) => Type.String({ description, examples: [example] })
const ids = (description: string) =>
  Type.Array(Type.String({ format: 'uuid' }), {
    description,
    examples: [['2c7d9e4f-3b65-4a18-8f7e-1a5c3d8b6e42', '3e8a1b5c-6d27-4f90-a4b3-9c7e2f1d8a53']],
  })
const names = (description: string, example: readonly string[]) =>
  Type.Array(Type.String(), { description, examples: [example] })
const namesOrNull = (description: string, example: readonly string[]) =>
  Type.Unsafe<string[] | null>({
    type: ['array', 'null'],
    items: { type: 'string' },
    description,
    examples: [example],
  })
const instant = (description: string, example: string) =>
  Type.String({ format: 'date-time', description, examples: [example] })

/** Creates a goal and keeps its id in `$GOAL`, for the requests that follow. */
const withGoal = (requests: string) =>
  [
    `GOAL=$(curl -s -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\`,
    `  -d '{"title":"Learn to sail"}' "$API/v1/goals" | sed -E 's/^.*"id":"([^"]+)".*$/\\1/')`,
    requests,
  ].join('\n')
const action = (name: string) => `-X POST "$API/v1/goals/$GOAL/${name}"`
const removal = authorized('-X DELETE "$API/v1/goals/$GOAL"')
const onGoal = (...names: string[]) => withGoal(names.map(action).map(authorized).join('\n'))

/** The problems of goals, tasks and their lists. */
export const entityProblems = {
  'cursor-mismatch': {
    status: 400,
    title: 'The cursor does not belong to this list',
    detail: 'The cursor does not belong to this list with these filters. Start again without it.',
    why: 'A cursor is bound to the list, the filters and the order of the page that it came from.',
    remedy: 'Start again without a cursor, or repeat the request with the filters of the first page.',
    example: authorized('"$API/v1/goals?cursor=W10"'),
  },
  forbidden: {
    status: 403,
    title: 'You may read this but not change it',
    detail: 'Only its owner may change a goal.',
    why:
      'The goal belongs to another user, an assignee changes more than status and hours of a task, ' +
      'or an API key manages API keys.',
    remedy: 'Leave the members that `detail` names out, or let the owner of the goal make the change.',
  },
  'not-found': {
    status: 404,
    title: 'Not found',
    detail: 'The goal was not found.',
    why: 'Nothing has this address, or you may not see what has it. The two cases have the same answer.',
    remedy: 'Check the id. A goal is visible to its owner and to assignees of its tasks.',
    example: authorized('"$API/v1/goals/00000000-0000-7000-8000-000000000000"'),
  },
  'invalid-transition': {
    status: 409,
    title: 'The current status does not allow this change',
    detail: 'CANCELLED does not allow hold: ACTIVE may follow.',
    why: 'A goal or task moves along the states of its kind only. `from` is its status.',
    remedy: 'Move it to a state in `allowed`, by a verb in `verbs` or by a PATCH.',
    example: onGoal('cancel', 'hold'),
    extra: {
      from: text('The current status.', 'CANCELLED'),
      wanted: text('The verb, or the status of the PATCH.', 'hold'),
      allowed: names('The statuses that may follow.', ['ACTIVE']),
      verbs: names('The verbs that the current status allows.', ['reopen']),
    },
  },
  'goal-closed': {
    status: 409,
    title: 'The goal is closed',
    detail: 'The goal is closed. Reopen it first.',
    why: 'A completed or cancelled goal takes no new tasks.',
    remedy: 'Reopen the goal first.',
  },
  'goal-deleted': {
    status: 409,
    title: 'The goal is deleted',
    detail: 'The goal is deleted. Restore it first.',
    why: 'A deleted goal takes no tasks, and its tasks come back only with it.',
    remedy: 'Restore the goal first.',
  },
  'goal-full': {
    status: 409,
    title: 'The goal has reached its maximum number of tasks',
    detail: 'A goal holds at most about 10000 tasks.',
    why: 'A goal holds about ten thousand tasks that are not deleted.',
    remedy: 'Delete tasks, or create another goal.',
  },
  'task-blocked': {
    status: 409,
    title: 'The task depends on tasks that are still open',
    detail: 'The task has 2 open blockers.',
    why: 'A blocked task cannot be started or completed.',
    remedy: 'Complete the blockers or lift the manual block. The owner of the goal may complete a task with `force`.',
    extra: {
      blockers: Type.Optional(ids('The open blockers of the task.')),
      tasks: Type.Optional(ids('Up to a hundred blocked tasks of a goal that would be completed with it.')),
    },
  },
  'dependency-cycle': {
    status: 409,
    title: 'The dependency would close a cycle',
    detail: 'The tasks would depend on each other.',
    why: 'A task would depend on itself by way of other tasks.',
    remedy: 'Remove one of the dependencies in `cycle`.',
    extra: { cycle: ids('The tasks of the cycle, in order.') },
  },
  'too-many-dependencies': {
    status: 409,
    title: 'The task has reached its maximum number of dependencies',
    detail: 'A task depends on at most 100 others.',
    why: 'A task depends on at most a hundred others.',
    remedy: 'Remove dependencies, or depend on a task that collects others.',
  },
  'too-many-api-keys': {
    status: 409,
    title: 'The user has reached the maximum number of API keys',
    detail: 'A user has at most 100 API keys that are neither revoked nor expired.',
    why: 'A user has at most a hundred API keys that are neither revoked nor expired.',
    remedy: 'Revoke keys that no program uses. `lastUsedAt` shows when a key was last used.',
  },
  deleted: {
    status: 409,
    title: 'A deleted goal or task cannot be changed',
    detail: 'Restore it first.',
    why: 'The goal or task was deleted. It can still be restored.',
    remedy: 'Restore it first.',
    example: withGoal([removal, authorized(action('hold'))].join('\n')),
  },
  gone: {
    status: 410,
    title: 'The goal or task was deleted',
    detail:
      'It was deleted at 2027-01-05T08:00:00.000Z. ' +
      'POST to /v1/goals/1f0b6c2e-8a34-4d57-b1c9-6e2f0d9a5b31/restore restores it; ' +
      'includeDeleted=true shows it.',
    why: 'It existed, you could see it, and it was deleted.',
    remedy: 'POST to the address in `restore` before `purgeAt`, or read it with `includeDeleted=true`.',
    example: withGoal([removal, authorized('"$API/v1/goals/$GOAL"')].join('\n')),
    extra: {
      deletedAt: instant('The instant of the deletion.', '2027-01-05T08:00:00.000Z'),
      purgeAt: instant('The instant from which on it cannot be restored.', '2027-02-04T08:00:00.000Z'),
      restore: text('The address that restores it.', '/v1/goals/1f0b6c2e-8a34-4d57-b1c9-6e2f0d9a5b31/restore'),
    },
  },
  'cursor-expired': {
    status: 410,
    title: 'The cursor of the feed is too old',
    detail:
      'Events after this cursor are no longer kept. Load the present state, and go on with the cursor in `snapshot`.',
    why: 'The cursor is older than the kept events, or it is from before the database was restored from a backup.',
    remedy: 'Keep the `cursor` in `snapshot`, page through its `lists`, then follow the feed from that cursor.',
    extra: {
      snapshot: Type.Object(
        {
          cursor: text(
            'The present place in the feed.',
            'WzEsInhYbDhQS3ZsRHpBcSIsMSwiNzQ0Ojc0NDoiLDE3OTU2NTI1NDI1NDdd',
          ),
          lists: names('The lists of what you may see. A version orders an entity of a list and its events.', [
            '/v1/goals?deleted=include',
            '/v1/tasks?deleted=include',
            '/v1/notifications',
          ]),
        },
        { title: 'FeedSnapshot', description: 'How to load the present state.' },
      ),
    },
  },
  'version-conflict': {
    status: 412,
    title: 'The precondition of the request is not met',
    detail: 'The current version is 7.',
    why:
      'The version that the request names is not the current one, so another change would be overwritten. ' +
      'Or `If-None-Match` names the current version.',
    remedy:
      'Read it again, or merge with `current`, and send the new version. ' +
      '`Prefer: handling=lenient` carries a change over when others have changed other fields only.',
    example: withGoal(authorized(`-H 'If-Match: "7"' ${action('hold')}`)),
    extra: {
      currentVersion: Type.Optional(Type.Integer({ description: 'The current version.', examples: [7] })),
      changedFields: Type.Optional(
        namesOrNull('The fields that have changed since your version. Null when it is unknown.', ['title', 'tags']),
      ),
      conflictingFields: Type.Optional(namesOrNull('The fields among them that your request changes.', ['title'])),
      current: Type.Optional(
        Type.Record(Type.String(), Type.Unknown(), {
          description: 'The goal or task as it is now.',
          examples: [{ title: 'Learn to sail', version: 7 }],
        }),
      ),
    },
  },
  'precondition-required': {
    status: 428,
    title: 'The request must name the version that it changes',
    detail: 'Send If-Match with the version that you read, or If-Match: * to overwrite any version.',
    why: 'A PATCH without a version would overwrite changes that its sender has not seen.',
    remedy: 'Send `If-Match` with the ETag that you read, or `version` in the body, or `If-Match: *` to overwrite.',
    example: withGoal(
      authorized(`-X PATCH -H 'Content-Type: application/json' -d '{"title":"New"}' "$API/v1/goals/$GOAL"`),
    ),
  },
} as const satisfies Record<string, ProblemRow>
