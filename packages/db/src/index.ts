export { type Announcement, announced, announcedEvents, announcementValues } from './announce.ts'
export { createDatabase, type Database, type Tx } from './client.ts'
export {
  type Commit,
  type Committed,
  createCommit,
  type GoalState,
  type NewGoal,
  type NewTask,
  type Principal,
  type TaskState,
} from './commit.ts'
export { assertSchema, ensurePartitions, migrate } from './migrations.ts'
export * from './readable.ts'
export { goalJson, notificationJson, taskJson } from './representation.ts'
export { type Executor, executeOnce, prepareStatement } from './statement.ts'
export { goalReadable, goalWritable, taskVisible } from './visibility.ts'
