import { type Executor, loadPauses, type RunningProcess } from '@goals-tasks/db'
import { consumerNames } from '@goals-tasks/events'
import { missingConsumers } from '../status/processes.ts'
import { type DoctorFinding, ok, problem, warning } from './finding.ts'

/** Compares the running processes with the consumers that should run, and their versions with each other. */
export function checkProcesses(processes: readonly RunningProcess[]): DoctorFinding[] {
  const missing = missingConsumers(processes)
  const versions = [...new Set(processes.map(({ version }) => version))]
  return [
    missing.length === 0
      ? ok('processes: consumers', 'every consumer runs')
      : problem(
          'processes: consumers',
          `no process runs ${missing.join(', ')}`,
          'start a worker, and check its WORKER_CONSUMERS',
        ),
    versions.length < 2
      ? ok('processes: version', versions[0] ?? 'no process runs')
      : warning('processes: version', `several: ${versions.join(', ')}`, 'finish the deploy'),
  ]
}

/** Names the consumers that operators have paused: a pause may have been forgotten. */
export async function checkPauses(db: Executor): Promise<DoctorFinding> {
  const check = 'processes: pauses'
  const paused = (await loadPauses(db, consumerNames)).filter(({ isPaused }) => isPaused)
  if (paused.length === 0) return ok(check, 'no consumer is paused')
  const facts = paused.map(({ consumer, since, actor, reason }) => `${consumer} since ${since} by ${actor}: ${reason}`)
  const commands = paused.map(({ consumer }) => `npm run resume -- ${consumer} --reason …`)
  return warning(check, facts.join('; '), `end it when it is not needed: ${commands.join('; ')}`)
}
