import { loadTrace } from '@goals-tasks/operations'
import type { OpenInstallation } from '../installation/open.ts'
import type { Answer } from '../installation/run.ts'
import { traceScreen } from './screen.ts'

export async function answerTrace({ pool, queues }: OpenInstallation, id: string, limit: number): Promise<Answer> {
  const trace = await loadTrace({ pool, queues }, id, limit)
  if (!trace) return { text: `no goal, task or event has the id ${id}`, document: { id, found: false }, exitCode: 1 }
  const text = traceScreen(trace, process.stdout.columns ?? 80)
  return { text, document: { id, found: true, ...trace }, exitCode: 0 }
}
