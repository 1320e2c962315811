export { type Announcement, announced, announcedEvents, announcementValues } from './announce.ts'
export { deleteGoalCascade } from './cascade.ts'
export type { Committed, Principal } from './change.ts'
export { createDatabase } from './client.ts'
export { type Commit, createCommit } from './commit.ts'
export { isConnectionLoss } from './connection-loss.ts'
export {
  countDeadLetters,
  type DeadLetter,
  discardDeadLetter,
  listDeadLetters,
  loadDeadLetter,
  type Replayed,
  replayDeadLetter,
  replayDeadLetters,
} from './dead-letters.ts'
export {
  buryDelivery,
  claimEvents,
  finishDeliveries,
  type LeasedDelivery,
  leaseDeliveries,
  leaseOverdue,
  loadUnfinishedEvents,
  oldestOverdueSeconds,
  parkDeliveries,
  recordFailure,
} from './deliveries.ts'
export type { GoalState, NewGoal, NewTask, TaskState } from './fields.ts'
export { assertSchema, ensurePartitions, migrate } from './migrations.ts'
export { Overloaded } from './natural-batch.ts'
export { goalJson, notificationJson, taskJson } from './representation.ts'
export { type Executor, executeOnce, prepareStatement } from './statement.ts'
export { inTransaction, sqlState, type Tx } from './transaction.ts'
export { goalReadable, goalWritable, live, principalId, taskVisible } from './visibility.ts'
