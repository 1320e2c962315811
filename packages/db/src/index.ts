export { type Announcement, announced, announcedEvents, announcementValues } from './announce.ts'
export { loadOpenBlockers, openTask, settleBlocks } from './blocks.ts'
export {
  closeTasksOfGoal,
  deleteGoalCascade,
  loadNotToBeCompleted,
  lockOpenTasks,
  reopenTasksOfGoal,
} from './cascade.ts'
export type { Committed, Principal } from './change.ts'
export { createDatabase } from './client.ts'
export { type Commit, commitWithin, createCommit } from './commit.ts'
export { isConnectionLoss } from './connection-loss.ts'
export { createDependentTaskIn } from './create.ts'
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
export { findCycle, lockEdges, updateEntangledTask } from './edges.ts'
export type { DependentTask, EntangledState, GoalState, NewGoal, NewTask, TaskState } from './fields.ts'
export { type IdempotencyKey, loadAnswer, type StoredAnswer, storeAnswer, takeKey } from './idempotency.ts'
export { dependentsOf, lockGoals, lockTasks, neighboursOf } from './locks.ts'
export { prepareLookup } from './lookup.ts'
export { assertSchema, ensurePartitions, migrate } from './migrations.ts'
export { Overloaded } from './natural-batch.ts'
export { purgeExpired } from './purge.ts'
export { notificationJson } from './representation.ts'
export { restoreGoalCascade, restoreTask } from './restore.ts'
export { eventRetentionDays } from './retention.ts'
export { type Executor, executeOnce, prepareStatement } from './statement.ts'
export { inTransaction, sqlState, type Transaction, type Tx } from './transaction.ts'
export { deleted, goalReadable, live, principalId, taskCreated, taskOwned, taskVisible } from './visibility.ts'
