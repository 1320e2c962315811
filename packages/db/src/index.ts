export type { Outcome } from './changes/batch-statement.ts'
export { loadOpenBlockers, openTask, recomputeBlocks } from './changes/blocks.ts'
export {
  closeTasksOfGoal,
  deleteGoalCascade,
  loadUncompletableTasks,
  lockOpenTasks,
  reopenTasksOfGoal,
} from './changes/cascade.ts'
export type { Committed } from './changes/change.ts'
export { type Commit, type CommitWithin, commitWithin, createCommit } from './changes/commit.ts'
export { createDependentTaskIn } from './changes/create.ts'
export { findCycle, lockEdges, updateTaskWithEdges } from './changes/edges.ts'
export { concernsAll, type EventMetadata, emitEvents, emittedEvents, metadataValues } from './changes/events.ts'
export type { DependentTask, GoalState, NewGoal, NewTask, TaskState, TaskWithEdges } from './changes/fields.ts'
export { dependentsOf, lockGoals, lockTasks, neighboursOf } from './changes/locks.ts'
export { purgeExpired, systemActorId } from './changes/purge.ts'
export { restoreGoalCascade, restoreTask } from './changes/restore.ts'
export { deleteOldAuditRows, startAuditRound } from './delivery/audit-retention.ts'
export {
  type ConsumerPause,
  loadPausedWebhooks,
  loadPauses,
  type Pausable,
  pausedName,
  setPause,
} from './delivery/consumer-pauses.ts'
export { type DeadLetterGroup, groupDeadLetters } from './delivery/dead-letter-groups.ts'
export {
  countDeadLetters,
  type DeadLetter,
  type DeadLetterFilter,
  discardDeadLetters,
  listDeadLetters,
  loadDeadLetter,
  type Replayed,
  replayDeadLetters,
} from './delivery/dead-letters.ts'
export {
  claimEvents,
  claimed,
  deleteClaimed,
  finishDeliveries,
  idValues,
  isAmong,
  loadUnfinishedEvents,
} from './delivery/deliveries.ts'
export { moveToDeadLetters, type RecordedFailure, recordFailure, snoozeDeliveries } from './delivery/failures.ts'
export {
  type IdempotencyKey,
  loadStoredResponse,
  type StoredResponse,
  storeResponse,
  takeKey,
} from './delivery/idempotency.ts'
export { endLeases, type LeasedDelivery, leaseDeliveries, returnLeases } from './delivery/leases.ts'
export { createOverdueLook, type OverdueLook } from './delivery/overdue.ts'
export { loadReceiver, recordReceiver } from './delivery/receivers.ts'
export {
  eventRetentionDays,
  notificationRetentionDays,
  syncRunRetentionDays,
  webhookAttemptRetentionDays,
} from './delivery/retention.ts'
export { type Admission, createAdmission } from './engine/admission.ts'
export { createDatabase } from './engine/client.ts'
export { createCheckAfterCommit, createClusterWatch } from './engine/cluster-watch.ts'
export { isConnectionLoss } from './engine/connection-loss.ts'
export { forgetCluster } from './engine/epoch.ts'
export { createFencedTransactions, type FenceKeys } from './engine/fenced-transactions.ts'
export type { GrantedUse } from './engine/grants.ts'
export { prepareLookup } from './engine/lookup.ts'
export { assertSchema, ensurePartitions, findPostponedMigrations, migrate } from './engine/migrations.ts'
export type { AnsweredQuery, DatabaseObserver } from './engine/observe-queries.ts'
export { Overloaded } from './engine/overloaded.ts'
export { createPace, type Pace } from './engine/pace.ts'
export { findMissingSettings, isBehindPooler } from './engine/pooler.ts'
export { sqlState } from './engine/sql-state.ts'
export { type Executor, executeOnce, prepareStatement } from './engine/statement.ts'
export { inOneStatement, inReadOnlySnapshot, inTransaction, type Publish, type Tx } from './engine/transaction.ts'
export { createTurns, type TurnLimits } from './engine/turns.ts'
export { waitForSchema } from './engine/wait-for-schema.ts'
export { findDatabaseWriteRefusal } from './engine/write-refusal.ts'
export {
  emptySnapshot,
  type FeedPage,
  type FeedPlace,
  type FeedSnapshot,
  type FeedWindow,
  findReadersWithEvents,
  readFeed,
  takeFeedSnapshot,
} from './feed/read-feed.ts'
export {
  listActions,
  type OperatorAction,
  type OperatorCause,
  type RecordedAction,
  recordAction,
} from './operators/actions.ts'
export {
  loadRunningProcesses,
  type ProcessFacts,
  processRecord,
  type RunningProcess,
  recordBeat,
} from './processes/processes.ts'
export { addressHash } from './reads/address-hash.ts'
export { bodiesAreStoredOnce, bodyOf, stateBefore } from './reads/event-bodies.ts'
export type { EventVisibility } from './reads/event-visibility.ts'
export { goalText, notificationJson, notificationText, taskText } from './reads/representation.ts'
export { actorId, deleted, goalReadable, live, taskCreated, taskOwned, taskVisible } from './reads/visibility.ts'
export { makeReminders, type SlotPlace } from './reminders/make.ts'
export { planReminders, type ReminderSlot, type ReminderWindow } from './reminders/plan.ts'
export { loadReminderProgress, type ReminderProgress, saveReminderProgress } from './reminders/progress.ts'
export { openReplicaReads, type ReplicaOutcome, type ReplicaReads } from './replica/replica-reads.ts'
export type { ReplicaState } from './replica/replica-state.ts'
export { completeSyncRun, endSyncRun } from './sync-runs/end.ts'
export { loadSyncPage, loadSyncRetries, type SyncedRow } from './sync-runs/entities.ts'
export { startSyncRun } from './sync-runs/start.ts'
export {
  leaveSyncRun,
  nextSyncRetryMs,
  recordSyncProgress,
  type SyncFailure,
  type SyncProgress,
  type SyncRunTurn,
  takeSyncRun,
} from './sync-runs/turns.ts'
export { countRowsOfUser, deleteRowsOfUser } from './users/deleted-rows.ts'
export { findOpenTransactions } from './users/open-transactions.ts'
export { countMatches, readPages, rewriteMatches } from './users/pages.ts'
export { deleteGoalOfUser, leaveForeignTasks, liveGoalsOf, purgeBatchOfUser } from './users/remove-entities.ts'
export {
  auditRowsNaming,
  deadLettersNaming,
  deliveriesNaming,
  eventsNaming,
  notificationsNaming,
  webhookChangesNaming,
} from './users/rewritten-tables.ts'
export { exportedTables } from './users/user-tables.ts'
export { finishWebhookDeliveries, type WebhookAttempt } from './webhooks/attempts.ts'
export { auditWebhook, type WebhookAction, webhookActions, webhookActorValues } from './webhooks/audit-webhook.ts'
export { emitWebhookTest } from './webhooks/emit-test.ts'
export { installationWebhookId, setInstallationWebhook } from './webhooks/installation-webhook.ts'
export { loadWebhookMessages, type WebhookMessage } from './webhooks/load-messages.ts'
export { noteHealthChanges } from './webhooks/note-health-change.ts'
export { type OpenedWebhook, openWebhook, probeLeaseMs } from './webhooks/open-webhook.ts'
export { eventsPerReplayStep } from './webhooks/queue-again.ts'
export { hastenWebhookMessage, queueWebhookMessage, type WebhookMessageKey } from './webhooks/queue-message.ts'
export { type AttemptCounts, type HealthChange, type HealthLimits, recordHealth } from './webhooks/record-health.ts'
export { type QueuedFeedStep, queueFeedStep } from './webhooks/replay-from-cursor.ts'
export {
  hasMoreDeliveries,
  type QueuedReplayStep,
  queueReplayStep,
  type ReplayStep,
} from './webhooks/replay-step.ts'
export { reportWebhookHealth } from './webhooks/report-health.ts'
