/**
 * Terms. An *event* is a committed fact about one entity. A *delivery* is one consumer's unfinished work on one event.
 * The *dispatcher* turns committed events into jobs. The *sweeper* (in the worker) enqueues deliveries that no job
 * carries. A *consumer* is one kind of effect. A *dead letter* is a delivery whose consumer stopped retrying it.
 */
export {
  type AggregateType,
  catalogue,
  type DomainEvent,
  type EventReason,
  type EventType,
  eventReasons,
  eventTypes,
  internalTypes,
  isEventType,
} from './catalogue.ts'
export { connectProducer, connectWorker, withErrorListener } from './connection.ts'
export {
  type DeadQueue,
  maxMirroredDeadLetters,
  mirrorDeadLetters,
  openDeadQueue,
  reconcileMirror,
  unmirrorDeadLetter,
} from './dead-queue.ts'
export { type CommittedEvent, createDispatcher, type Dispatcher, type DispatcherStats } from './dispatcher.ts'
export { enqueueEvents, spanAttributes, titleOf } from './enqueue-events.ts'
export { type Digest, digestIntervals, weekDays } from './entities/digest.ts'
export { fieldsWrittenBy, readOnlyFields } from './entities/field.ts'
export {
  Goal,
  GoalStatus,
  goalDefaults,
  goalFields,
  goalPatchFields,
  goalStatuses,
  newGoalFields,
} from './entities/goal.ts'
export type { Mail } from './entities/mail.ts'
export {
  Notification,
  NotificationChannel,
  NotificationKind,
  type NotificationSubject,
  notificationChannels,
  notificationKinds,
} from './entities/notification.ts'
export { type Reminder, type ReminderKind, reminderKinds } from './entities/reminder.ts'
export { annotated, CalendarDate, exampleIds, Id, Instant, Nullable, stringEnum } from './entities/schemas.ts'
export { Priority, priorities } from './entities/shared-fields.ts'
export {
  blockKinds,
  newTaskFields,
  Task,
  TaskStatus,
  taskDefaults,
  taskFields,
  taskPatchFields,
  taskStatuses,
} from './entities/task.ts'
export { hasVisibleCharacter, maxTextLength, normalizeText } from './entities/text.ts'
export { type WebhookHealth, webhookHealths } from './entities/webhook-health-change.ts'
export { changesBetween, toCloudEvent } from './envelope.ts'
export { createFeedHints, type FeedHints, type FeedHintsSubscription, subscribeToFeedHints } from './feed-hints.ts'
export { type AnyRedis, mastersOf, openRedis } from './open-redis.ts'
export {
  type Backoff,
  deadQueueName,
  type JobData,
  type JobEvent,
  maxEventsPerJob,
  openQueue,
  type Policies,
  type Policy,
  policies,
  queuePrefix,
  singleJobId,
} from './queues.ts'
export { reconnectOnRefusal } from './reconnect-on-refusal.ts'
export {
  type ConsumerName,
  consumerNames,
  consumersOf,
  consumersWithReceiver,
  type EventFor,
  type EventTypeFor,
  isConsumerName,
  isSubscribed,
  subscriptions,
  webhookConsumer,
} from './subscriptions.ts'
export { type SyncedEntity, toSyncMessage } from './sync-message.ts'
export { findQueueWriteRefusal, findWriteRefusal } from './write-refusal.ts'
