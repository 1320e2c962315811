import {
  type ConsumerPause,
  type Executor,
  loadPausedWebhooks,
  loadPauses,
  loadRunningProcesses,
  type RunningProcess,
} from '@goals-tasks/db'
import { type ConsumerName, consumerNames } from '@goals-tasks/events'

/** A pause of a consumer. `actor` is the user, or the name that the command line sent. `since` is RFC 3339, UTC. */
export type Pause = { actor: string; reason: string; since: string; seconds: number }

/** The pause of the webhook of a user, under the name by which it is resumed. */
export type PausedWebhook = Pause & { name: string }

/** The processes of the installation, and what each consumer has of them. */
export type ProcessStatus = {
  processes: RunningProcess[]
  workersOf: (consumer: ConsumerName) => number
  pauseOf: (consumer: ConsumerName) => Pause | null
  pausedWebhooks: PausedWebhook[]
}

/** Loads the running processes and the paused consumers from Postgres. */
export async function loadProcessStatus(db: Executor): Promise<ProcessStatus> {
  const [processes, pauses, webhooks] = await Promise.all([
    loadRunningProcesses(db),
    loadPauses(db, consumerNames),
    loadPausedWebhooks(db),
  ])
  const paused = new Map(pauses.flatMap((pause) => (pause.isPaused ? [[pause.consumer, toPause(pause)]] : [])))
  return {
    processes,
    workersOf: (consumer) => processes.filter(({ consumers }) => consumers.includes(consumer)).length,
    pauseOf: (consumer) => paused.get(consumer) ?? null,
    pausedWebhooks: webhooks.map((pause) => ({ name: pause.consumer, ...toPause(pause) })),
  }
}

/** Loads the consumers that no process runs. */
export const findMissingConsumers = async (db: Executor): Promise<ConsumerName[]> =>
  missingConsumers(await loadRunningProcesses(db))

/** Returns the consumers that none of these processes runs. */
export function missingConsumers(processes: readonly RunningProcess[]): ConsumerName[] {
  const running = new Set(processes.flatMap(({ consumers }) => consumers))
  return consumerNames.filter((consumer) => !running.has(consumer))
}

const toPause = ({ actor, reason, since }: ConsumerPause): Pause => ({
  ...{ actor, reason, since, seconds: secondsSince(since) },
})

const secondsSince = (instant: string) => Math.max(0, (Date.now() - Date.parse(instant)) / 1_000)
