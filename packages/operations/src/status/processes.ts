import { type Executor, loadPauses, loadRunningProcesses, type RunningProcess } from '@goals-tasks/db'
import { type ConsumerName, consumerNames } from '@goals-tasks/events'

/** A pause of a consumer. `actor` is the user, or the name that the command line sent. `since` is RFC 3339, UTC. */
export type Pause = { actor: string; reason: string; since: string; seconds: number }

/** The processes of the installation, and what each consumer has of them. */
export type ProcessStatus = {
  processes: RunningProcess[]
  workersOf: (consumer: ConsumerName) => number
  pauseOf: (consumer: ConsumerName) => Pause | null
}

/** Loads the running processes and the paused consumers from Postgres. */
export async function loadProcessStatus(db: Executor): Promise<ProcessStatus> {
  const [processes, pauses] = await Promise.all([loadRunningProcesses(db), loadPauses(db, consumerNames)])
  const paused = new Map(
    pauses.flatMap(({ consumer, isPaused, actor, reason, since }) =>
      isPaused ? [[consumer, { actor, reason, since, seconds: secondsSince(since) }]] : [],
    ),
  )
  return {
    processes,
    workersOf: (consumer) => processes.filter(({ consumers }) => consumers.includes(consumer)).length,
    pauseOf: (consumer) => paused.get(consumer) ?? null,
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

const secondsSince = (instant: string) => Math.max(0, (Date.now() - Date.parse(instant)) / 1_000)
