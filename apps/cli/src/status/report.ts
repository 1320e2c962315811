import { type ConsumerStatus, countedUpTo, maxClockSkewMs, type Status } from '@goals-tasks/operations'
import { count, duration, plural } from '../format.ts'

/** An older pending event needs a human: its consumer keeps failing at it, or lacks workers. */
const maxPendingSeconds = 300
/** A longer pause needs a human: it may have been forgotten. */
const maxPauseSeconds = 3_600
/** A longer lag needs a human: no worker runs, or each look for reminders fails. */
const maxReminderLagSeconds = 3_600
/** Digests are closed every ten seconds. */
const maxDigestLagSeconds = 3_600

type Pause = NonNullable<ConsumerStatus['pause']>
type Totals = Record<'waiting' | 'active' | 'delayed' | 'failed', number | null> & {
  pendingDeliveries: number
  deadLetters: number
  oldestPendingSeconds: number | null
}
/** The document of `status --json`. */
export type StatusReport = {
  at: string
  healthy: boolean
  /** One line for each problem that needs a human. */
  faults: string[]
  postgres: Status['postgres']
  postgresError: string | null
  redis: Status['redis']
  redisError: string | null
  unpartitionedEvents: number
  feedLagSeconds: number
  reminderLagSeconds: number
  digestLagSeconds: number
  mailServerError: string | null
  webhooks: Status['webhooks']
  syncRuns: Status['syncRuns']
  totals: Totals
  consumers: ConsumerStatus[]
  pausedWebhooks: Status['pausedWebhooks']
  processes: Status['processes']
}

/** Adds the totals and the faults to the status. `connectError` says why Redis did not answer, if it is known. */
export function createReport(status: Status, connectError: string | null): StatusReport {
  const faults = findFaults(status)
  return {
    at: new Date().toISOString(),
    healthy: faults.length === 0,
    faults,
    postgres: status.postgres,
    postgresError: status.postgresError,
    redis: status.redis,
    redisError: status.redis === 'away' ? (connectError ?? 'it stopped answering') : status.redisError,
    unpartitionedEvents: status.unpartitionedEvents,
    feedLagSeconds: status.feedLagSeconds,
    reminderLagSeconds: status.reminderLagSeconds,
    digestLagSeconds: status.digestLagSeconds,
    mailServerError: status.mailServerError,
    webhooks: status.webhooks,
    syncRuns: status.syncRuns,
    totals: totalsOf(status.consumers),
    consumers: status.consumers,
    pausedWebhooks: status.pausedWebhooks,
    processes: status.processes,
  }
}

function findFaults(status: Status): string[] {
  const { postgres, postgresError, redis, redisError, consumers, unpartitionedEvents } = status
  const { reminderLagSeconds, digestLagSeconds, syncRuns } = status
  const general = [
    postgres === 'refuses writes' ? `Postgres refuses writes: ${postgresError}` : [],
    redis === 'away' ? 'Redis is away: events wait in Postgres' : [],
    redis === 'refuses writes' ? `Redis refuses writes: ${redisError}` : [],
    unpartitionedEvents > 0
      ? `${eventCount(unpartitionedEvents)} outside the weekly partitions: run \`npm run migrate\``
      : [],
    reminderLagSeconds > maxReminderLagSeconds
      ? `reminders are ${duration(reminderLagSeconds)} late: look for “the reminders cannot be made” in the log`
      : [],
    digestLagSeconds > maxDigestLagSeconds
      ? `digests are ${duration(digestLagSeconds)} late: look for “the digests cannot be closed” in the log`
      : [],
    syncRuns.stuck > 0
      ? `${plural(syncRuns.stuck, 'stuck sync run')}: replay the dead letters of type sync:triggered`
      : [],
  ].flat()
  const webhooks = status.pausedWebhooks.flatMap(({ name, ...pause }) => pauseFault(name, pause))
  return [...general, ...consumers.flatMap(faultsOf), ...webhooks, ...status.processes.flatMap(clockFault)]
}

const pauseFault = (name: string, { seconds, actor, reason }: Pause): string[] =>
  seconds > maxPauseSeconds ? [`${name}: paused for ${duration(seconds)} by ${actor}: ${reason}`] : []

const clockFault = ({ role, host, pid, clockAheadMs }: Status['processes'][number]): string[] =>
  Math.abs(clockAheadMs) > maxClockSkewMs
    ? [`${role} on ${host}, process ${pid}: its clock is ${(clockAheadMs / 1_000).toFixed(1)} s ahead of Postgres`]
    : []

const eventCount = (events: number) => plural(events, 'event', count(events, countedUpTo))

function faultsOf({ consumer, workers, pause, deadLetters, oldestPendingSeconds }: ConsumerStatus): string[] {
  const overdue = !pause && oldestPendingSeconds !== null && oldestPendingSeconds > maxPendingSeconds
  return [
    workers === 0 ? `${consumer}: no process runs it` : [],
    pause ? pauseFault(consumer, pause) : [],
    overdue ? `${consumer}: an event has been pending for ${duration(oldestPendingSeconds)}` : [],
    deadLetters > 0
      ? `${consumer}: ${plural(deadLetters, 'dead letter', count(deadLetters, countedUpTo))} to replay or discard`
      : [],
  ].flat()
}

function totalsOf(consumers: readonly ConsumerStatus[]): Totals {
  const sum = (value: (consumer: ConsumerStatus) => number | undefined) =>
    consumers.reduce<number | null>((all, consumer) => {
      const one = value(consumer)
      return all === null || one === undefined ? null : all + one
    }, 0)
  const ages = consumers.flatMap((c) => c.oldestPendingSeconds ?? [])
  return {
    waiting: sum((c) => c.queue?.waiting),
    active: sum((c) => c.queue?.active),
    delayed: sum((c) => c.queue?.delayed),
    failed: sum((c) => c.queue?.failed),
    pendingDeliveries: sum((c) => c.pendingDeliveries) ?? 0,
    deadLetters: sum((c) => c.deadLetters) ?? 0,
    oldestPendingSeconds: ages.length === 0 ? null : Math.max(...ages),
  }
}
