import type { AccessRule } from '../../resource/http/access.ts'

/**
 * The access rules of a goal, as the permission matrix expects them: the status per actor, in the order of
 * `matrixActors`. They describe the routes and enforce nothing. The predicates of packages/db enforce, in every query.
 */
export const goalAccess = {
  anyone: { live: '200 200 200 200 200 200 200' },
  create: { live: '201 201 201 201 201 201 201' },
  read: {
    live: '200 200 404 200 404 404 200',
    deleted: '410 410 404 410 404 404 410',
  },
  // An actor who sees the summary only gets 403 before anything is compared.
  history: {
    live: '200 403 404 403 404 404 200',
    deleted: '200 403 404 403 404 404 200',
  },
  change: {
    live: '200 403 404 403 404 404 200',
    deleted: '409 403 404 403 404 404 409',
  },
  delete: {
    live: '204 403 404 403 404 404 204',
    deleted: '204 403 404 403 404 404 204',
  },
  restore: {
    live: '200 403 404 403 404 404 200',
    deleted: '200 403 404 403 404 404 200',
  },
} satisfies Record<string, AccessRule>
