import { loadStatus } from '@goals-tasks/operations'
import type { OpenInstallation } from '../installation/open.ts'
import type { CommandResult } from '../installation/run.ts'
import { createReport } from './report.ts'
import { statusScreen } from './screen.ts'

/** Loads the status of the installation. The exit code is 1 when something needs a human. */
export async function runStatus({ pool, queues, redisError, places }: OpenInstallation): Promise<CommandResult> {
  const report = createReport(await loadStatus({ pool, queues }), redisError)
  const text = statusScreen(report, { places, width: process.stdout.columns ?? 80 })
  return { text, document: report, exitCode: report.healthy ? 0 : 1 }
}
