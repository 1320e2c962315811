import type { AccessRule } from '../../resource/http/access.ts'

/**
 * The access rules of a task, as the permission matrix expects them: the status per actor, in the order of
 * `matrixActors`. They describe the routes and enforce nothing. The predicates of packages/db enforce, in every query.
 */
export const taskAccess = {
  anyone: { live: '200 200 200 200 200 200 200' },
  createInGoal: {
    live: '201 403 404 403 404 404 201',
    deleted: '409 403 404 403 404 404 409',
  },
  listOfGoal: {
    live: '200 200 404 200 404 404 200',
    deleted: '410 410 404 410 404 404 410',
  },
  read: {
    live: '200 200 404 200 404 404 200',
    deleted: '410 410 404 410 404 404 410',
    deletedWithGoal: '410 410 404 410 404 404 410',
  },
  history: {
    live: '200 200 404 200 404 404 200',
    deleted: '200 200 404 200 404 404 200',
    deletedWithGoal: '200 200 404 200 404 404 200',
  },
  /** Changes of the status, which an assignee may make. */
  work: {
    live: '200 200 404 200 404 404 200',
    deleted: '409 409 404 409 404 404 409',
    deletedWithGoal: '409 409 404 409 404 404 409',
  },
  change: {
    live: '200 403 404 200 404 404 200',
    deleted: '409 409 404 409 404 404 409',
    deletedWithGoal: '409 409 404 409 404 404 409',
  },
  delete: {
    live: '204 403 404 204 404 404 204',
    deleted: '204 204 404 204 404 404 204',
    deletedWithGoal: '204 204 404 204 404 404 204',
  },
  restore: {
    live: '200 200 404 200 404 404 200',
    deleted: '200 403 404 200 404 404 200',
    deletedWithGoal: '409 403 404 409 404 404 409',
  },
} satisfies Record<string, AccessRule>
