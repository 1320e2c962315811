import type { RunningProcess } from '@goals-tasks/db'
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
