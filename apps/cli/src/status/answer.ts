import { loadStatus } from '@goals-tasks/operations'
import type { OpenInstallation } from '../installation/open.ts'
import type { Answer } from '../installation/run.ts'
import { reportOn } from './report.ts'
import { statusScreen } from './screen.ts'

export async function answerStatus({ pool, queues, redisError, places }: OpenInstallation): Promise<Answer> {
  const report = reportOn(await loadStatus({ pool, queues }), redisError)
  const text = statusScreen(report, { places, width: process.stdout.columns ?? 80 })
  return { text, document: report, exitCode: report.healthy ? 0 : 1 }
}
