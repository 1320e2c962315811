/**
 * The actors of the permission matrix, in the order of its columns. Both creators made the task in the goal of another
 * user; one of them is assigned another live task there.
 */
export const matrixActors = [
  'owner',
  'assignee',
  'former assignee',
  'creator who sees the goal',
  'creator who does not',
  'stranger',
  'admin',
] as const

/** The states of the requested resource: live, deleted by itself, or deleted with its goal. */
export const matrixStates = ['live', 'deleted', 'deletedWithGoal'] as const

/** The status that each actor gets, in the order of the columns, per state of the resource. */
export type AccessRule = Partial<Record<(typeof matrixStates)[number], string>>

/** The access rule of a route. The permission matrix is tested against exactly this. */
export type Access = {
  rule: AccessRule
  /** The body of the requests in the test. */
  body?: object
  /** A verb that the owner calls first on the goal or task, or `wait`. */
  first?: string
  /** Whether a change emits events. Default: true. */
  emits?: boolean
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The access rule. Every route with a scope has one. */
    access?: Access
  }
}
